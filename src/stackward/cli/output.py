"""How a command answers: text for a person, or JSON with stable keys and UTC times in ISO 8601."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Form(Enum):
    """The form of an answer."""

    TEXT = "text"
    JSON = "json"


def plain(value: Any) -> Any:
    """Return a value as JSON has it. A vault-encrypted value says only that it is one."""
    from stackward.definition.model import Secret

    if isinstance(value, Secret):
        return "(encrypted)"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, Set):
        return sorted(plain(item) for item in value)
    if isinstance(value, PurePath):
        return str(value)
    return value


def iso(moment: datetime) -> str:
    """Return a moment as 2026-03-02T12:00:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as one JSON document; without `indent` on one line."""
    sys.stdout.write(json.dumps(plain(value), indent=indent, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def console(*, stderr: bool = False) -> Console:
    """Return the console for text: colours where it is a terminal, as wide as that is."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, emoji=False, markup=False)


def print_line(screen: Console, line: str | Text, hanging: int = 0) -> None:
    """Print a line: whole into a pipe; on a terminal broken between words, what follows set in by `hanging` columns."""
    if not screen.is_terminal:
        screen.print(line, soft_wrap=True)
        return
    from rich.text import Text

    text = Text(line) if isinstance(line, str) else line
    for whole in text.split("\n", allow_blank=True):
        first = whole.wrap(screen, screen.width)[0] if whole else whole
        screen.print(first, soft_wrap=True)
        after = whole.plain[len(first) :]
        rest = whole.divide([len(whole) - len(after.lstrip())])[-1] if after.strip() else Text()
        for part in rest.wrap(screen, max(1, screen.width - hanging)) if rest else ():
            screen.print(Text(" " * hanging).append_text(part), soft_wrap=True)
