"""What healing does now: what it marks as lost, what it asks for, and what it withholds and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stackward import blast_radius
from stackward.definition.model import Healing, Stack
from stackward.healing import ladder, owned
from stackward.healing.brakes import brakes_of
from stackward.healing.ladder import Attempt
from stackward.healing.settings import healing_of
from stackward.healing.verdict import Health, Verdict, by_instance, verdict
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import FAILED, Initiator, State
from stackward.state.records import InstanceRecord, Sighting, StackState


@dataclass(frozen=True, slots=True)
class Mark:
    """An online instance that is lost from now on, and why."""

    instance: str
    reason: str


@dataclass(frozen=True, slots=True)
class Heal:
    """What is asked for, why, and for the journal from what."""

    instance: str
    remedy: Remedy
    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A failed instance about which nothing is done now, why, and until when; None: until something changes."""

    instance: str
    reason: str
    until: datetime | None = None
    person: bool = False
    """Whether it is a person's move from now on."""
    gist: str = ""
    """What it says, but for how the witnesses put it: the same for as long as there is no news."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What healing does, and what it does not do. `pending` are on the way already."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    heals: tuple[Heal, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    pending: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()
    """Those that are well again after remedies."""


_ANSWERING = frozenset({Health.WELL, Health.UNHEARD})
_MARKED = frozenset({Health.LOST, Health.GONE, Health.STOPPED, Health.UNFIT})
_FAILING = _MARKED | {Health.RECLAIMED}
"""What is reclaimed is not marked: it is at work until it is drained."""


def watched(stack: Stack, state: StackState) -> tuple[str, ...]:
    """The instances that ought to answer: those that are online, and those that failed. Without a layer none has to."""
    return tuple(
        name
        for name, instance in stack.instances.items()
        if instance.layers
        and (record := state.instances.get(name)) is not None
        and (record.state is State.ONLINE or record.state in FAILED)
        and record.machine is not None
    )


def decide(
    stack: Stack,
    state: StackState,
    sightings: Iterable[Sighting],
    tried: Mapping[str, Sequence[Attempt]],
    dead_runs: Collection[int],
    now: datetime,
    listening: datetime | None = None,
) -> Decision:
    """Decide from what the witnesses saw, what is known, and which remedies were tried before.

    `listening` is since when a controller service has taken heartbeats, None where there is none.
    """
    seen = tuple(sightings)
    verdicts = _verdicts(stack, state, seen, now)
    failing = [name for name, found in verdicts.items() if _fails(state.instances[name], found, tried.get(name, ()))]
    # Nothing can keep those that are taken back, so the others get what they leave of the room.
    failing.sort(key=lambda name: verdicts[name].health is not Health.RECLAIMED)
    brakes = brakes_of(stack, state, seen, verdicts, failing, listening, now)
    claimed = frozenset(
        claim.instance for claim in state.claims.values() if claim.run not in dead_runs and claim.expires > now
    )
    asked = blast_radius.in_healing(state)
    moving = set(asked)
    down = blast_radius.down_on_purpose(state, claimed, failing) - moving
    marks: list[Mark] = []
    heals: list[Heal] = []
    withheld: list[Withheld] = []
    pending: list[str] = []
    for name in failing:
        record, found = state.instances[name], verdicts[name]
        if record.request is not None:
            if record.request.initiator is Initiator.AUTO_HEALING:
                pending.append(name)
            continue
        if name in claimed:
            withheld.append(_withheld(found, found.reason, "a run is working on it"))
            continue
        if name in moving:
            pending.append(name)
            continue
        brake = brakes.on(found)
        if brake is not None:
            withheld.append(_withheld(found, found.reason, brake.why, brake.until))
            continue
        step = _step(stack, record, found, tuple(tried.get(name, ())), moving, down, now)
        gentle = isinstance(step, Heal) and step.remedy is Remedy.CONFIGURE
        if found.health in _MARKED and record.state is State.ONLINE and not gentle:
            marks.append(Mark(name, found.reason))
        if isinstance(step, Heal):
            moving.add(name)
            heals.append(step)
        else:
            withheld.append(step)
    return Decision(
        verdicts=verdicts,
        marks=tuple(marks),
        heals=tuple(heals),
        withheld=tuple(withheld),
        pending=tuple(dict.fromkeys((*pending, *sorted(asked)))),
        recovered=tuple(
            name
            for name, found in verdicts.items()
            if tried.get(name)
            and name not in moving
            and state.instances[name].state is State.ONLINE
            and found.health is Health.WELL
        ),
    )


def _verdicts(stack: Stack, state: StackState, seen: Sequence[Sighting], now: datetime) -> dict[str, Verdict]:
    by_name = by_instance(seen)
    return {
        name: verdict(name, by_name.get(name, {}), healing_of(stack, stack.instances[name]), now)
        for name in watched(stack, state)
    }


def _fails(record: InstanceRecord, found: Verdict, tried: Sequence[Attempt]) -> bool:
    """Whether something must be done about an instance. What failed at a person's request is that person's."""
    if found.health is Health.UNHEARD and record.state is State.ONLINE:
        return True
    if found.health in _FAILING:
        return record.state in (State.ONLINE, State.CONNECTION_LOST) or bool(tried)
    if record.state is State.CONNECTION_LOST:
        return found.health in _ANSWERING or bool(tried)
    return record.state in FAILED and bool(tried)


def _withheld(
    found: Verdict, seen: str, brake: str = "", until: datetime | None = None, *, person: bool = False
) -> Withheld:
    """Nothing is done about what was `seen`, because of a `brake`; "" where what was seen is the reason itself."""
    reason = f"{seen}; {brake}" if brake else seen
    return Withheld(found.instance, reason, until, person, f"{found.health.value}: {brake}")


def _step(
    stack: Stack,
    record: InstanceRecord,
    found: Verdict,
    tried: tuple[Attempt, ...],
    moving: Collection[str],
    down: Collection[str],
    now: datetime,
) -> Heal | Withheld:
    """The next remedy, or why there is none now."""
    name = record.name
    settings = healing_of(stack, stack.instances[name])
    lost = record.state is not State.ONLINE
    why = f"{found.reason} again" if found.health is Health.WELL else found.reason
    if record.failure and record.state is not State.CONNECTION_LOST:
        why = f"{record.failure}; {why}"
    if found.health is Health.STOPPED and not settings.for_stop and not tried:
        return _withheld(found, why, "start it if that was not meant", person=True)
    if found.health in (Health.UNREACHABLE, Health.SUSPECT, Health.UNKNOWN):
        return _withheld(found, why)
    data = {
        "health": found.health.value,
        "since": found.since.isoformat() if found.since else None,
        "tried": [item.remedy.value for item in tried],
    }
    if found.health is Health.RECLAIMED and not lost:
        # It goes in any case: what holds it back would only have it go with its requests, and nobody in its place.
        return Heal(name, Remedy.REPLACE, f"replace: {why}", {"remedy": Remedy.REPLACE.value, **data})
    if len(tried) >= settings.tries:
        return _withheld(found, why, f"{len(tried)} remedies have not helped, a person must look", person=True)
    until = ladder.not_before(tried, settings.back_off)
    if until is not None and now < until:
        return _withheld(found, why, f"the last remedy ({tried[-1].remedy.value}) is given time", until)
    full = blast_radius.full(stack, stack.instances[name], moving, down)
    if full:
        return _withheld(found, why, full)
    remedy = _remedy(found.health, settings, tried, lost=lost)
    if remedy is None:
        return _withheld(found, why, "the layer's remedies name nothing for that", person=True)
    if not owned.can_do(stack.provider_of(name), remedy):
        return _withheld(found, why, owned.why_not(remedy), person=True)
    said = f"{remedy.value}, try {len(tried) + 1} of {settings.tries}: {why}"
    return Heal(name, remedy, said, {"remedy": remedy.value, **data})


def _remedy(health: Health, settings: Healing, tried: Sequence[Attempt], *, lost: bool) -> Remedy | None:
    """The remedy by how it is. One that is `lost` from the online set is brought back before anything milder."""
    if health in _ANSWERING:
        return Remedy.SETUP if lost else Remedy.CONFIGURE if Remedy.CONFIGURE in settings.remedies else None
    if health in (Health.GONE, Health.RECLAIMED):
        return Remedy.REPLACE
    if health is Health.STOPPED:
        return Remedy.RESTART
    stronger = tuple(item for item in settings.remedies if item is not Remedy.CONFIGURE)
    possible = settings.remedies if health is Health.UNFIT and not lost else stronger
    return ladder.next_remedy(possible, tried) if possible else None
