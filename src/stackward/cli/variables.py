"""Values as Ansible's extra variables. Ansible never reads a template out of what a person typed as plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from stackward.errors import StackwardError

_MARKS = ("{{", "{%", "{#")

_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that JSON may hold as they are and YAML may not."""


def extra_variables(values: Mapping[str, Any]) -> str:
    """Return one argument for -e: JSON, in which texts with template marks bear the tag `!unsafe`."""
    return _written(values)


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(str(key))}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    text = _quoted(value)
    return f"!unsafe {text}" if isinstance(value, str) and any(mark in value for mark in _MARKS) else text


def _quoted(value: Any) -> str:
    """Return a scalar as both JSON and YAML read it: without surrogate pairs, which YAML would take for two."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def mapping(text: str, what: str = "attributes", example: str = '{"motd": "Hello"}') -> dict[str, Any]:
    """Return the mapping that is written in JSON or YAML, or in the file that is named after an @.

    `what` it is, in the plural, and an `example` are for the message. Raises StackwardError where it is none.
    """
    if text.startswith("@"):
        try:
            written = Path(text[1:]).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StackwardError(f"The {what} in {text[1:]} cannot be read: {error}") from error
    else:
        written = text
    try:
        found = yaml.safe_load(written)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise StackwardError(f"The {what} are neither JSON nor YAML: {said}") from error
    if not isinstance(found, dict):
        raise StackwardError(f"The {what} must be a mapping, such as '{example}', not {text!r}.")
    return found
