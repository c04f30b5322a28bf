"""What healing does now: what it marks as lost, what it asks for, and what it withholds and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stackward import blast_radius
from stackward.definition.model import Healing, Instance, Stack
from stackward.healing import brakes, ladder, owned
from stackward.healing.ladder import Attempt
from stackward.healing.verdict import Health, Verdict, by_instance, sees_somebody, verdict
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import FAILED, Initiator, State
from stackward.state.records import Command, InstanceRecord, Sighting, StackState

PAUSE = "healing"
"""The name under which a person pauses it."""


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


_FAILING = frozenset({Health.LOST, Health.GONE, Health.STOPPED, Health.UNFIT})
_PROVEN = frozenset({Health.GONE, Health.STOPPED})


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


def healing_of(stack: Stack, instance: Instance) -> Healing:
    """The settings of an instance: those of its first layer in the file, and the longest silence of all."""
    layers = stack.layers_of(instance)
    first = layers[0].healing
    longest = max(layer.healing.after for layer in layers)
    check = next((layer.healing for layer in layers if layer.healing.check is not None), first)
    return Healing(
        enabled=all(layer.healing.enabled for layer in layers),
        after=longest,
        remedies=min((layer.healing.remedies for layer in layers), key=len),
        back_off=max(layer.healing.back_off for layer in layers),
        tries=min(layer.healing.tries for layer in layers),
        share=first.share,
        check=check.check,
        for_check=check.for_check,
        for_stop=all(layer.healing.for_stop for layer in layers),
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
    by_name = by_instance(seen)
    names = watched(stack, state)
    verdicts = {
        name: verdict(name, by_name.get(name, {}), healing_of(stack, stack.instances[name]), now) for name in names
    }
    failing = [name for name in names if _fails(state.instances[name], verdicts[name], tried.get(name, ()))]
    paused, storm = _paused(state, now), _storm(verdicts, failing)
    alone = "" if sees_somebody(seen) else "this controller reaches nobody, so it may be what is cut off"
    zones = brakes.zone_storms([name for name in failing if verdicts[name].health is Health.LOST], names, state)
    unfit = _check_storms(stack, verdicts)
    marks: list[Mark] = []
    heals: list[Heal] = []
    withheld: list[Withheld] = []
    pending: list[str] = []
    moving = set(blast_radius.in_healing(state))
    deploying = blast_radius.deploying(state)
    claimed = frozenset(
        claim.instance for claim in state.claims.values() if claim.run not in dead_runs and claim.expires > now
    )
    down = blast_radius.down_on_purpose(state, claimed, failing) - moving
    for name in failing:
        record, found = state.instances[name], verdicts[name]
        if record.request is not None or name in claimed:
            if record.request is not None and record.request.initiator is Initiator.AUTO_HEALING:
                pending.append(name)
            elif record.request is None:
                withheld.append(_withheld(found, found.reason, "a run is working on it"))
            continue
        if name in moving:
            pending.append(name)
            continue
        held = (
            paused
            or ("" if found.health in _PROVEN else alone)
            or storm
            or _in_zone(record, found, zones)
            or (unfit.get(name, "") if found.health is Health.UNFIT else "")
            or _deployed_to(deploying.get(name))
            or _held(stack, state, name, now)
        )
        if held:
            withheld.append(_withheld(found, found.reason, held))
            continue
        quiet = brakes.amnesty(listening, healing_of(stack, stack.instances[name]).after, now)
        if quiet is not None and found.health not in _PROVEN:
            began = f"the controller service has begun at {listening:%H:%M:%S} UTC and watches first"
            withheld.append(_withheld(found, found.reason, began, quiet))
            continue
        step = _step(stack, record, found, tuple(tried.get(name, ())), moving, down, now)
        gentle = isinstance(step, Heal) and step.remedy is Remedy.CONFIGURE
        if found.health in _FAILING and record.state is State.ONLINE and not gentle:
            marks.append(Mark(name, found.reason))
        if isinstance(step, Heal):
            moving.add(name)
            heals.append(step)
        else:
            withheld.append(step)
    pending += [name for name in sorted(moving) if name not in pending and name in blast_radius.in_healing(state)]
    recovered = [
        name
        for name in names
        if tried.get(name)
        and name not in moving
        and state.instances[name].state is State.ONLINE
        and verdicts[name].health is Health.WELL
    ]
    return Decision(
        verdicts, tuple(marks), tuple(heals), tuple(withheld), tuple(dict.fromkeys(pending)), tuple(recovered)
    )


_ANSWERING = frozenset({Health.WELL, Health.UNHEARD})


def _in_zone(record: InstanceRecord, found: Verdict, zones: Mapping[str, str]) -> str:
    """Why nobody in its zone is healed, "" if they may be, or its provider proves what has become of it."""
    if record.machine is None or found.health in _PROVEN:
        return ""
    return zones.get(brakes.zone_of(record.machine), "")


def _deployed_to(command: Command | None) -> str:
    return "" if command is None else f"a {command.event} on it is on its way (command {command.id})"


def _fails(record: InstanceRecord, found: Verdict, tried: Sequence[Attempt]) -> bool:
    """Whether something must be done about an instance. What failed at a person's request is that person's."""
    if found.health is Health.UNHEARD and record.state is State.ONLINE:
        return True
    if found.health in _FAILING:
        return record.state in (State.ONLINE, State.CONNECTION_LOST) or bool(tried)
    if record.state is State.CONNECTION_LOST:
        return found.health in _ANSWERING or bool(tried)
    return record.state in FAILED and bool(tried)


def _paused(state: StackState, now: datetime) -> str:
    pause = state.pauses.get(PAUSE)
    return "" if pause is None or not pause.lasts(now) else f"healing is paused by {pause.actor}: {pause.why}"


def _storm(verdicts: Mapping[str, Verdict], failing: Sequence[str]) -> str:
    silent = [name for name in failing if verdicts[name].health is Health.LOST]
    unheard = [name for name in failing if verdicts[name].health is Health.UNHEARD]
    return brakes.storm(silent, tuple(verdicts)) or brakes.storm(unheard, tuple(verdicts))


def _check_storms(stack: Stack, verdicts: Mapping[str, Verdict]) -> Mapping[str, str]:
    """By instance, why none of its layer is healed for a failing check: most fail it, so it is what they share."""
    unfit = [name for name, found in verdicts.items() if found.health is Health.UNFIT]
    found: dict[str, str] = {}
    for layer in stack.layers:
        members = [name for name in verdicts if layer in stack.instances[name].layers]
        if why := brakes.storm([name for name in unfit if name in members], members):
            found |= dict.fromkeys(members, f"in layer {layer} {why}")
    return found


def _held(stack: Stack, state: StackState, name: str, now: datetime) -> str:
    """Why this one instance is left alone, "" if it is not."""
    aside = state.maintenance.get(name)
    if aside is not None and aside.lasts(now):
        return f"it is held for maintenance by {aside.actor}: {aside.why}"
    layer = brakes.vetoed(stack, stack.instances[name])
    return f"layer {layer} has healing off" if layer else ""


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
    data = {
        "remedy": remedy.value,
        "health": found.health.value,
        "since": found.since.isoformat() if found.since else None,
        "tried": [item.remedy.value for item in tried],
    }
    return Heal(name, remedy, f"{remedy.value}, try {len(tried) + 1} of {settings.tries}: {why}", data)


def _remedy(health: Health, settings: Healing, tried: Sequence[Attempt], *, lost: bool) -> Remedy | None:
    """The remedy by how it is. One that is `lost` from the online set is brought back before anything milder."""
    if health in _ANSWERING:
        return Remedy.SETUP if lost else Remedy.CONFIGURE if Remedy.CONFIGURE in settings.remedies else None
    if health is Health.GONE:
        return Remedy.REPLACE
    if health is Health.STOPPED:
        return Remedy.RESTART
    stronger = tuple(item for item in settings.remedies if item is not Remedy.CONFIGURE)
    possible = settings.remedies if health is Health.UNFIT and not lost else stronger
    return ladder.next_remedy(possible, tried) if possible else None
