"""Recorded decisions, made again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackward.definition.model import Stack
from stackward.healing.recording import from_data, outcome


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision: when it was made, what it was, and what it is now."""

    at: datetime
    before: dict[str, Any]
    now: dict[str, Any]

    @property
    def same(self) -> bool:
        """Whether the same would be done and withheld, whatever the words."""
        return all(_names(self.before[kind]) == _names(self.now[kind]) for kind in ("marks", "heals", "withheld"))


def _names(items: Iterable[Iterable[str]]) -> list[list[str]]:
    return sorted(list(item)[:-1] for item in items)


def replayed(stack: Stack, looks: Iterable[Mapping[str, Any]]) -> tuple[Replayed, ...]:
    """Make recorded decisions again, with any stack file that has their instances.

    Raises KeyError, TypeError or ValueError for what was not recorded by `stackward.healing.recording`.
    """
    found = []
    for look in looks:
        inputs = from_data(look["inputs"], stack.name)
        found.append(Replayed(inputs.now, look["decided"], outcome(inputs.decided(stack))))
    return tuple(found)
