"""What a run holds while it moves an instance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to move one instance: which run, under which epoch, and the name that the journal shows."""

    run: int
    epoch: int
    actor: str
