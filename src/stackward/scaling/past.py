"""What the journal says of the past of instances, as far as scaling goes by it. Nothing of it is kept anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stackward.lifecycle.states import RESTING, Desired, Initiator, State
from stackward.state.records import JournalEntry

KINDS = ("request", "state")
"""The kinds of journal entries that are looked at."""

ENTRIES = 120
"""How many entries of an instance are looked at: those of several starts and stops, and of remedies between them."""

_FAILED = frozenset({State.START_FAILED.value, State.SETUP_FAILED.value, State.STOP_FAILED.value})
_ASKING = frozenset({State.REQUESTED.value, State.PENDING.value})
_AT_REST = frozenset({State.ONLINE.value, *(state.value for state in RESTING)})


@dataclass(frozen=True, slots=True)
class LastRequest:
    """The newest request for an instance that is not healing's: what, by whom, when; for which window (`opening`)."""

    desired: Desired
    initiator: Initiator
    actor: str
    at: datetime
    opening: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """The past of one instance.

    `failures` are when it failed to start or stop, oldest first, since it last came to rest or a person asked.
    `starts` are how many seconds its finished starts took until it was online, oldest first. `refusals` are when the
    provider gave no machine for it.
    """

    request: LastRequest | None = None
    failures: tuple[datetime, ...] = ()
    starts: tuple[float, ...] = ()
    refusals: tuple[datetime, ...] = ()


NOTHING = Past()


def pasts(histories: Mapping[str, Sequence[JournalEntry]]) -> dict[str, Past]:
    """The pasts of instances from their journal entries, oldest first."""
    return {name: _past(entries) for name, entries in histories.items()}


def _past(entries: Iterable[JournalEntry]) -> Past:
    request: LastRequest | None = None
    failures: list[datetime] = []
    starts: list[float] = []
    refusals: list[datetime] = []
    began: datetime | None = None
    for entry in entries:
        if entry.kind == "request":
            asked = _request(entry)
            # Healing brings back what is wanted; it wants nothing itself.
            if asked is not None and asked.initiator is not Initiator.AUTO_HEALING:
                request = asked
                if asked.initiator is Initiator.USER:
                    failures.clear()
            continue
        reached = entry.data.get("to")
        if reached == State.REQUESTED.value:
            began = entry.at
        elif reached == State.ONLINE.value and began is not None:
            # A start that ended before it began says nothing: the clock was put back.
            starts += [(entry.at - began).total_seconds()] if entry.at >= began else []
            began = None
        elif reached in _FAILED or reached == State.STOPPING.value:
            began = None
        if reached in _FAILED:
            failures.append(entry.at)
            if reached == State.START_FAILED.value and entry.data.get("from") in _ASKING:
                refusals.append(entry.at)
        elif reached in _AT_REST:
            failures.clear()
    return Past(request, tuple(failures), tuple(starts), tuple(refusals))


def _request(entry: JournalEntry) -> LastRequest | None:
    """The request for a state behind an entry; one for an event or a reboot has none."""
    if "desired" not in entry.data:
        return None
    opening = entry.data.get("opening")
    return LastRequest(
        Desired(entry.data["desired"]),
        Initiator(entry.data.get("initiated_by", Initiator.USER.value)),
        entry.actor,
        entry.at,
        datetime.fromisoformat(opening) if opening else None,
    )
