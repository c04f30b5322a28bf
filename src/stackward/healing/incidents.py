"""Incidents: from the first sign that something was wrong with an instance until it was well again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stackward.healing import ladder
from stackward.lifecycle.health import Answer
from stackward.lifecycle.states import BETWEEN, FAILED, State
from stackward.state.records import InstanceRecord, JournalEntry, Sighting

KINDS = ("heal", "healing-withheld", ladder.HEALED, "state", "request")
"""The kinds of journal entries that incidents are made of."""

APART = timedelta(hours=1)
"""After so long without a word, what follows is another incident."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What befell one instance. `id` is the number of its first entry in the journal, `last` of its last one so far.

    `ended` is when the instance was well again, None as long as nobody has said so.
    """

    id: int
    instance: str
    began: datetime
    reason: str
    last: int
    at: datetime
    remedies: tuple[str, ...] = ()
    withheld: int = 0
    ended: datetime | None = None
    over: bool = False
    """Whether it is of the past: the instance is well again, also where nobody has said so."""


def lasting(history: Iterable[JournalEntry], record: InstanceRecord, seen: Iterable[Sighting]) -> Incident | None:
    """The incident of an instance that is not over: nobody has said that it is well again, and it is not seen so."""
    last = next(reversed(incidents(history)), None)
    if last is None or last.ended is not None:
        return None
    well = record.state not in FAILED | BETWEEN and all(
        item.answer in (Answer.ALIVE, Answer.UNKNOWN) for item in seen if item.instance == record.name
    )
    return None if well else last


def as_known(history: Iterable[JournalEntry], record: InstanceRecord, seen: Iterable[Sighting]) -> tuple[Incident, ...]:
    """The incidents of one instance, oldest first, and whether they are over."""
    entries = tuple(history)
    last = lasting(entries, record, seen)
    return tuple(replace(item, over=last is None or item.id != last.id) for item in incidents(entries))


def incidents(history: Iterable[JournalEntry]) -> tuple[Incident, ...]:
    """The incidents of one instance, from its journal, oldest first."""
    found: list[Incident] = []
    current: Incident | None = None
    for entry in history:
        if current is not None and entry.at - current.at > APART:
            found.append(current)
            current = None
        if current is None:
            current = _begun(entry)
            continue
        current, over = _continued(current, entry)
        if over:
            found.append(current)
            current = None
    if current is not None:
        found.append(current)
    return tuple(found)


def _begun(entry: JournalEntry) -> Incident | None:
    lost = entry.kind == "state" and entry.data.get("to") == State.CONNECTION_LOST.value
    if entry.instance is None or not (lost or entry.kind in ("heal", "healing-withheld")):
        return None
    begun = Incident(entry.id, entry.instance, entry.at, entry.text, entry.id, entry.at)
    return _continued(begun, entry)[0]


def _continued(incident: Incident, entry: JournalEntry) -> tuple[Incident, bool]:
    """The incident with one entry more, and whether it is over."""
    told = replace(incident, last=entry.id, at=entry.at)
    if entry.kind == "heal":
        return replace(told, remedies=(*told.remedies, str(entry.data["remedy"]))), False
    if entry.kind == "healing-withheld":
        return replace(told, withheld=told.withheld + 1), False
    if entry.kind == ladder.HEALED:
        return replace(told, ended=entry.at), True
    if entry.kind == "request" and entry.data.get("initiated_by") == "user":
        return replace(told, ended=entry.at), True
    return told, False
