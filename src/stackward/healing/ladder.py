"""Which remedy comes next for an instance, by those that were tried before; and when it is for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stackward.healing.verdict import Health
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import State
from stackward.state.records import JournalEntry

HEALED = "healed"
"""The kind of the journal's entry that says that an instance is well again after remedies."""

KINDS = ("heal", "state", "request", HEALED)
"""The kinds of journal entries that are looked at."""

LEAVES = 16
"""More entries of these kinds than one remedy leaves, which goes through most of the states."""

WELL_FOR = timedelta(hours=1)
"""An instance that was online for so long has recovered: what fails then fails anew (Cluster API: minHealthyPeriod)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One remedy that was tried."""

    remedy: Remedy
    at: datetime


def looked_at(tries: int) -> int:
    """How many entries of an instance have to be looked at, so that no one of so many tries is overlooked."""
    return LEAVES * (tries + 1)


def attempts(history: Iterable[JournalEntry]) -> tuple[Attempt, ...]:
    """The remedies since the instance was last well for long, or a person asked for something, oldest first.

    One that replaced a machine which was taken back, and has helped, says nothing about the instance and is left out.
    """
    found: list[Attempt] = []
    online: datetime | None = None
    reclaimed = False
    for entry in history:
        if entry.kind == "heal":
            if online is not None and entry.at - online >= WELL_FOR:
                found.clear()
            found.append(Attempt(Remedy(entry.data["remedy"]), entry.at))
            online = None
            reclaimed = entry.data.get("health") == Health.RECLAIMED.value
        elif entry.kind == "request" and entry.data.get("initiated_by") == "user":
            found.clear()
        elif entry.kind == HEALED or (entry.kind == "state" and entry.data.get("to") == State.ONLINE.value):
            online = entry.at
            if entry.kind == HEALED and reclaimed and found:
                found.pop()
                reclaimed = False
    return tuple(found)


def unfinished(history: Sequence[JournalEntry]) -> bool:
    """Whether the newest remedy has not been followed by the word that the instance is well again."""
    kinds = [entry.kind for entry in history if entry.kind in ("heal", HEALED)]
    return bool(kinds) and kinds[-1] == "heal"


def next_remedy(remedies: Sequence[Remedy], tried: Sequence[Attempt]) -> Remedy:
    """The first remedy, or the one after the strongest that was tried; the last one again where there is none.

    `remedies` holds at least one.
    """
    strongest = max((remedies.index(item.remedy) for item in tried if item.remedy in remedies), default=-1)
    return remedies[min(strongest + 1, len(remedies) - 1)]


def not_before(tried: Sequence[Attempt], back_off: float) -> datetime | None:
    """Until when the time lasts that the last remedy is given, None without one.

    It is `back_off` seconds for the first, and doubles with each remedy.
    """
    return tried[-1].at + timedelta(seconds=back_off) * 2 ** (len(tried) - 1) if tried else None
