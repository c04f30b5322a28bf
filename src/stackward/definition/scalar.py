"""Single values of a YAML text, read as Stackward wants them: see `document`."""

from __future__ import annotations

import math
from typing import Any

import yaml

from stackward.definition.mistake import Mistake, shown
from stackward.definition.model import Secret

TAG = "tag:yaml.org,2002:"
"""How the tags of YAML's own types begin."""

_TEXT = frozenset({TAG + "str", TAG + "timestamp", TAG + "value", TAG + "merge"})
_BIGGEST_INTEGER = 2**63
_BOOLEANS = yaml.constructor.SafeConstructor.bool_values
_numbers = yaml.constructor.SafeConstructor()


def value(node: yaml.ScalarNode, *, as_written: bool, secret_allowed: bool) -> Any:
    """Return the value of a scalar: text, number, boolean, None or a Secret. Raises Mistake.

    With `as_written` numbers and booleans stay the text that they were written as.
    """
    if not encodable(node.value):
        raise not_unicode()
    if node.tag == "!vault":
        return _secret(node, allowed=secret_allowed)
    if node.tag in _TEXT:
        return node.value
    if node.tag == TAG + "null":
        return None
    try:
        plain = _plain(node)
    except Mistake:
        raise
    except (ValueError, KeyError, IndexError, OverflowError):
        wrong = f"{shown(node.value)} is not what its tag {_tag(node)} says"
        raise Mistake(wrong, "write it without the tag") from None
    if as_written:
        return node.value
    if isinstance(plain, float) and not math.isfinite(plain):
        raise Mistake(f"{shown(node.value)} is not a number that JSON knows", "write a finite number")
    if isinstance(plain, int) and abs(plain) >= _BIGGEST_INTEGER:
        raise Mistake("this number does not fit 64 bits", "write it in quotes")
    return plain


def _secret(node: yaml.ScalarNode, *, allowed: bool) -> Secret:
    if not allowed:
        right = "use it in an app's environment, or write it plainly"
        raise Mistake("a vault-encrypted value cannot be used here", right)
    if not node.value.lstrip().startswith("$ANSIBLE_VAULT;"):
        right = "paste what `ansible-vault encrypt_string` prints"
        raise Mistake("this is not a vault-encrypted text", right)
    return Secret(node.value)


def _plain(node: yaml.ScalarNode) -> bool | int | float | str:
    """Return a boolean or a number; a time such as 12:30, which YAML 1.1 counts in sixties, stays text."""
    if node.tag == TAG + "bool":
        return bool(_BOOLEANS[node.value.lower()])
    if node.tag not in (TAG + "int", TAG + "float"):
        raise unknown_tag(node)
    if ":" in node.value:
        return str(node.value)
    if node.tag == TAG + "int":
        return int(_numbers.construct_yaml_int(node))
    return float(_numbers.construct_yaml_float(node))


def encodable(text: str) -> bool:
    """Whether a text is Unicode as a whole, without half a surrogate pair."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def not_unicode() -> Mistake:
    """For a text that is not `encodable`."""
    return Mistake("has half a Unicode character", "write the character itself")


def _tag(node: yaml.Node) -> str:
    return str(node.tag).replace(TAG, "!!")


def unknown_tag(node: yaml.Node) -> Mistake:
    """For a tag that the stack file does not know."""
    return Mistake(f"the tag {shown(_tag(node))} is not known here", "write plain values (only !vault is known)")
