"""A mistake in a stack file: what is wrong, and what would be right.

Checks find mistakes by path ("layers", "web", "drain"); only the loader knows which line a path is on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from stackward.definition.model import Secret

Path = tuple[str | int, ...]
"""Where something is in the file: keys and list positions from the top."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9_./:-]+")
_LONGEST_SHOWN = 60
_MOST_NAMES = 40


class Mistake(ValueError):  # noqa: N818  a mistake in the file, not an error of the program
    """One mistake. A ValueError, so that pydantic takes it from a validator like its own."""

    def __init__(self, wrong: str, right: str) -> None:
        self.wrong = wrong
        self.right = right
        super().__init__(f"{wrong}; {right}")


Finding = tuple[Path, Mistake]
"""A mistake and the place that it is about."""


def shown(value: Any) -> str:
    """Return a value as it appears in a message: one line, cut when long."""
    if isinstance(value, Secret):
        return "a vault-encrypted value"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def on_a_line(path: str) -> str:
    """Return a file's path for a message: as it is, unless it would break the line or the terminal."""
    return path if path.isprintable() else json.dumps(path)


def flow(value: Any) -> str:
    """Return an example value as a person writes it in YAML on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    text = str(value)
    return text if _PLAIN_TEXT.fullmatch(text) else shown(value)


def described(value: Any) -> str:
    """Say what kind of value this is, for "is …"."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"the boolean {shown(value)}"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    if isinstance(value, str):
        return f"the string {shown(value)}" if value else "an empty string"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return shown(value)


def dotted(path: Path) -> str:
    """Return a path as a person writes it: layers.web.recipes.setup[0]; unusual keys in quotes."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        key = part if _PLAIN_KEY.fullmatch(part) else shown(part)
        text = f"{text}.{key}" if text else key
    return text or "file"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that somebody most likely meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def suggestion(name: str, known: Iterable[str], what: str) -> str:
    """Return what would be right instead of an unknown name: the one that was meant, or all that there are."""
    names = list(known)
    meant = closest(name, names)
    if meant is not None:
        return f"did you mean {shown(meant)}?"
    if not names:
        return f"there are no {what}"
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return f"the {what} are: {', '.join(names[:_MOST_NAMES])}{more}"


def ended(hint: str) -> str:
    """Return a suggestion as the end of a sentence: one that asks ends already."""
    return hint if hint.endswith("?") else f"{hint}."


def unsupported(what: str) -> Mistake:
    """For what the stack file will know one day and does not know yet."""
    return Mistake(f"{what} is not supported in this version of Stackward", "remove it")
