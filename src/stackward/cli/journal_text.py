"""Entries of the journal in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackward.state.records import JournalEntry

_DIGEST = 10


def sentence(entry: JournalEntry) -> str:
    """Return what an entry says, in one line."""
    text = " ".join(entry.text.split())
    match entry.kind:
        case "state":
            change = f"{entry.data.get('from')} → {entry.data.get('to')}"
            return text if text.startswith(change) else f"{change}: {text}"
        case "decision":
            return f"decided to {text}"
        case "failure":
            return f"failed: {text}"
        case _:
            return text


def inputs(entry: JournalEntry) -> str:
    """Return what a decision was made from, "" where the entry has nothing to say about that."""
    return ", ".join(_inputs(entry.kind, entry.data))


def _inputs(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    if kind == "decision":
        yield f"it was {data.get('state')}"
        yield f"initiated by {data.get('initiated_by')}"
    if "generation" in data:
        yield f"generation {data['generation']}"
    if data.get("commands"):
        yield f"commands {', '.join(map(str, data['commands']))}"
    if "command" in data:
        yield f"command {data['command']}"
    if kind == "request" and "desired" in data:
        yield f"desired {data['desired']}, initiated by {data.get('initiated_by')}"
    for key, value in (data.get("arguments") or {}).items():
        yield f"{key} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
    if "definition" in data:
        yield f"stack file {str(data['definition'])[:_DIGEST]}"


def concerns(entry: JournalEntry, instance: str) -> bool:
    """Whether an entry is about the instance: its own, or a request for several that names it."""
    return entry.instance == instance or instance in (entry.data.get("instances") or ())
