"""Nested data as an outline: a key a line, what belongs to it further in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

_STEP = "  "


def outline(data: Mapping[str, Any], indent: str = "") -> Iterator[Text]:
    """Yield the lines of plain data (what `output.plain` returns)."""
    for key, value in data.items():
        label = Text(f"{indent}{key.replace('_', ' ')}: ", style="dim")
        if isinstance(value, Mapping) and value:
            yield label
            yield from outline(value, indent + _STEP)
        elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
            yield label
            for item in value:
                yield from _item(item, indent + _STEP)
        else:
            yield label + Text(_scalar(value))


def _item(item: Any, indent: str) -> Iterator[Text]:
    if not isinstance(item, Mapping):
        yield Text(f"{indent}- {_scalar(item)}")
        return
    for position, line in enumerate(outline(item, indent + _STEP)):
        yield Text(f"{indent}- ") + line[len(indent) + 2 :] if position == 0 else line


def _scalar(value: Any) -> str:
    if value is None or value in ("", {}, []):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_scalar, value))
    return str(value)
