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
        return all(_names(self.before[kind]) == _names(self.now[kind]) for kind in _WORDS)


def _names(items: Iterable[Iterable[str]]) -> list[list[str]]:
    return sorted(list(item)[:-1] for item in items)


_WORDS = {"marks": 2, "heals": 3, "withheld": 2}
"""How many words say one of what was decided."""


def _as_recorded(decided: Mapping[str, Any]) -> dict[str, Any]:
    for kind, words in _WORDS.items():
        if any(len(item) != words or not all(isinstance(word, str) for word in item) for item in decided[kind]):
            raise ValueError(f"{kind}: {decided[kind]}")
    return dict(decided)


def replayed(stack: Stack, looks: Iterable[Mapping[str, Any]]) -> tuple[Replayed, ...]:
    """Make recorded decisions again, with any stack file that has their instances.

    Raises KeyError, TypeError, ValueError or AttributeError for what was not recorded by `stackward.healing.recording`.
    """
    found = []
    for look in looks:
        inputs = from_data(look["inputs"], stack.name)
        found.append(Replayed(inputs.now, _as_recorded(look["decided"]), outcome(inputs.decided(stack))))
    return tuple(found)
