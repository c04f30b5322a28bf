"""How one look continues the looks before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stackward.lifecycle.health import Answer, Witness
from stackward.lifecycle.states import State
from stackward.state.records import InstanceRecord, Sighting, StackState

LONGEST_BREAK = timedelta(minutes=3)
"""Silence counts only while somebody was looking. After a longer break between two looks, it begins anew.

So a controller that was down, or whose clock jumped, heals nobody before it has watched for as long as anybody must.
"""


@dataclass(frozen=True, slots=True)
class Glance:
    """What one witness sees of an instance right now. `text` says it for a person."""

    instance: str
    witness: Witness
    answer: Answer
    text: str = ""


def continued(before: Iterable[Sighting], glances: Iterable[Glance], now: datetime) -> tuple[Sighting, ...]:
    """The sightings after a look: only of what was looked at now, each as old as it has been the same."""
    known = {(item.instance, item.witness): item for item in before}
    return tuple(_continued(known.get((glance.instance, glance.witness)), glance, now) for glance in glances)


def of_this_life(before: Iterable[Sighting], state: StackState, now: datetime) -> tuple[Sighting, ...]:
    """The sightings without those of instances that came online after them: that was another time of their lives.

    One that came online long after now did so by a clock that was put back since, and that says nothing of what was
    first. A bit after now is while this was decided.
    """
    return tuple(item for item in before if not _older(item, state.instances.get(item.instance), now))


def same_life(name: str, before: StackState, after: StackState) -> bool:
    """Whether an instance stayed the one that was looked at, from before a look until after it.

    It is another one on another machine, and after it was brought online anew.
    """
    was, now = before.instances.get(name), after.instances.get(name)
    if was is None or was.machine is None or now is None or now.machine is None:
        return False
    return was.machine.id == now.machine.id and not (now.state is State.ONLINE and now.since != was.since)


def _older(item: Sighting, record: InstanceRecord | None, now: datetime) -> bool:
    if record is None:
        return True
    return record.state is State.ONLINE and record.since is not None and item.at < record.since <= now + LONGEST_BREAK


def _continued(before: Sighting | None, glance: Glance, now: datetime) -> Sighting:
    unbroken = (
        before is not None
        and before.answer is glance.answer
        and before.since <= before.at <= now
        and now - before.at <= LONGEST_BREAK
    )
    since = before.since if before is not None and unbroken else now
    return Sighting(glance.instance, glance.witness, glance.answer, glance.text, now, since)
