"""What `stackward status` shows, as data: its fields are the keys of the JSON form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stackward.cli.opening import Known
from stackward.cli.turn import Situation, Turn, aside, held, turns
from stackward.definition.model import Stack
from stackward.engine.certificates import notices
from stackward.engine.process import dead_runs
from stackward.healing.decide import Decision
from stackward.healing.verdict import Health
from stackward.layers import haproxy
from stackward.lifecycle.states import MEMBERS, Desired, State
from stackward.resources import overview
from stackward.resources.overview import BalancerStatus, DatabaseStatus
from stackward.rollout.drift import drift
from stackward.scaling.load.decision import Decision as LoadDecision
from stackward.scaling.time_based import Outlook
from stackward.state.records import AppRelease, Claim, Command, InstanceRecord, Maintenance, StackState

_COMMANDS_LOOKED_AT = 500
_INITIATOR_SHOWN = frozenset({State.REQUESTED, State.STOPPING, State.TERMINATING, State.DEREGISTERING})


@dataclass(frozen=True, slots=True)
class Holder:
    """The run that works on an instance, since when and on what. `alive` is False where it has died."""

    owner: str
    since: datetime
    expires: datetime
    doing: str
    alive: bool


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """What the schedules of a time-based instance say. `wanted` counts the start ahead (seconds) as wanted already.

    `changes` is when that turns, None if never; `holds` says whether a person's request counts until then.
    """

    wanted: bool
    because: str
    changes: datetime | None
    timezone: str
    start_ahead: float
    holds: bool


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """One instance.

    `configured_generation` is None where it has never had a Configure, `schedule` where it is not time-based,
    `maintenance` where nobody holds it, `health` where nobody has looked. `configure_current` is None while the
    instance is not online. `drift` says what differs from what the last deploys put live. `in_file` is False once it
    has left the stack file.
    """

    name: str
    layers: tuple[str, ...]
    type: str | None
    in_file: bool
    state: str
    since: datetime | None
    initiated_by: str | None
    failure: str
    address: str | None
    port: int | None
    elastic_address: str | None
    apps: tuple[AppRelease, ...]
    drift: tuple[str, ...]
    configured_generation: int | None
    configure_current: bool | None
    turn: Turn
    holder: Holder | None
    schedule: ScheduleStatus | None
    maintenance: Maintenance | None
    health: HealthStatus | None


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """How an instance was when it was last looked at: `health` in a word, by what, and since when.

    `withheld` is why healing does nothing about it, `until` when it looks at it again; both None where it is well.
    """

    health: str
    reason: str
    since: datetime | None
    withheld: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LoadStatus:
    """What load says of a layer: the mean of each metric (None: not known), what came of it, what holds it back."""

    metrics: Mapping[str, float | None]
    reason: str
    brakes: tuple[str, ...]
    minimum: int
    maximum: int
    enforced: bool


@dataclass(frozen=True, slots=True)
class LayerStatus:
    """One layer, with its instances of the file by name; `load` is None where it does not scale by load."""

    name: str
    uses: str | None
    instances: tuple[str, ...]
    online: int
    load: LoadStatus | None = None


@dataclass(frozen=True, slots=True)
class StackStatus:
    """One stack. `urls` are where its own load balancers answer, `load_balancers` are its provider's.

    `databases` are those that are no layer, `certificates` what is to be known of those of apps. Where the file has
    `mistakes`, everything is by the one that the last run took up.
    """

    name: str
    file: str
    provider: str
    generation: int
    counts: Mapping[str, int]
    urls: tuple[str, ...]
    layers: tuple[LayerStatus, ...]
    instances: tuple[InstanceStatus, ...]
    load_balancers: tuple[BalancerStatus, ...] = ()
    databases: tuple[DatabaseStatus, ...] = ()
    certificates: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


def status(known: Known, now: datetime, also: Iterable[str] = ()) -> StackStatus:
    """Return the status of a stack, and in it that of the instances `also`. Raises StateError."""
    stack, state = known.stack, known.state()
    scaling = known.scaling(state, now)
    situation = Situation(
        stack=stack,
        state=state,
        plan=known.plan(state, now),
        dead=dead_runs(state.claims.values()),
        now=now,
        asked_by=_asked_by(known, state),
        ended=_ended(known) if state.instances else {},
        outlooks=scaling.outlooks,
        decision=scaling.decision,
        healing=known.healing(now),
    )
    found = turns(situation, also)
    drifts = drift(stack, state, known.contents())
    resources = known.resources()
    instances = tuple(_instance(name, situation, found[name], drifts.get(name, ())) for name in found)
    return StackStatus(
        name=stack.name,
        file=stack.path,
        provider=_providers(stack),
        generation=state.generation,
        counts=Counter(instance.state for instance in instances),
        urls=_urls(stack, state),
        layers=tuple(
            LayerStatus(
                layer.name,
                layer.uses,
                tuple(item.name for item in its),
                sum(item.state == State.ONLINE.value for item in its),
                _load(scaling.load.layers.get(layer.name)),
            )
            for layer in stack.layers.values()
            for its in ([item for item in instances if item.in_file and layer.name in item.layers],)
        ),
        instances=instances,
        load_balancers=overview.balancers(stack, state, resources),
        databases=overview.databases(stack, resources),
        certificates=notices(stack, now),
        mistakes=known.mistakes,
    )


def _load(decision: LoadDecision | None) -> LoadStatus | None:
    if decision is None:
        return None
    its = decision.evaluation
    return LoadStatus(
        {reading.metric: reading.mean for reading in its.readings},
        its.reason,
        tuple(brake.why for brake in its.brakes),
        its.minimum,
        its.maximum,
        decision.enforced,
    )


def holder(claim: Claim | None, dead: frozenset[int], now: datetime) -> Holder | None:
    """Return who holds an instance."""
    if claim is None:
        return None
    return Holder(claim.owner, claim.since, claim.expires, claim.doing, alive=held(claim, dead, now))


def _instance(name: str, situation: Situation, turn: Turn, drifted: tuple[str, ...]) -> InstanceStatus:
    instance = situation.stack.instances.get(name)
    record = situation.state.instances.get(name)
    layers = instance.layers if instance else record.layers if record else ()
    machine = record.machine if record else None
    request = record.request if record else None
    state = record.state if record else State.STOPPED
    return InstanceStatus(
        name=name,
        layers=layers,
        type=instance.type.value if instance else None,
        in_file=instance is not None,
        state=state.value,
        since=record.since if record else None,
        initiated_by=request.initiator.value if request and state in _INITIATOR_SHOWN else None,
        failure=record.failure if record else "",
        address=machine.address if machine else None,
        port=machine.port if machine else None,
        elastic_address=machine.elastic_address if machine else None,
        apps=record.apps if record else (),
        drift=drifted,
        configured_generation=record.configured if record and record.configured >= 0 else None,
        configure_current=_current(record, situation.state.generation),
        turn=turn,
        holder=holder(situation.state.claims.get(name), situation.dead, situation.now),
        schedule=_schedule(situation.outlooks.get(name)),
        maintenance=aside(situation, name),
        health=_health(situation.healing, name),
    )


def _health(healing: Decision, name: str) -> HealthStatus | None:
    found = healing.verdicts.get(name)
    if found is None or found.health is Health.UNKNOWN:
        return None
    held = next((item for item in healing.withheld if item.instance == name), None)
    return HealthStatus(
        found.health.value,
        found.reason,
        found.since,
        held.reason if held is not None else None,
        held.until if held is not None else None,
    )


def _schedule(outlook: Outlook | None) -> ScheduleStatus | None:
    if outlook is None:
        return None
    return ScheduleStatus(
        wanted=outlook.desired is Desired.ONLINE,
        because=outlook.reason,
        changes=outlook.changes,
        timezone=outlook.timezone,
        start_ahead=outlook.ahead,
        holds=outlook.stands is not None,
    )


def _current(record: InstanceRecord | None, generation: int) -> bool | None:
    if record is None or record.state not in MEMBERS:
        return None
    return record.configured >= generation


def _providers(stack: Stack) -> str:
    """The types of all providers of the stack, its own first."""
    types = dict.fromkeys([stack.provider.type, *(stack.provider_of(name).type for name in stack.instances)])
    used = {stack.provider_of(name).type for name in stack.instances}
    return " and ".join(each for each in types if each in used) or stack.provider.type


def _asked_by(known: Known, state: StackState) -> dict[str, str]:
    """Return who wrote the pending requests; the journal is read only where there is one."""
    if not any(record.request is not None or record.reboot_wanted for record in state.instances.values()):
        return {}
    entries = known.journal(kinds=("request",), limit=max(100, 4 * len(state.instances)))
    return {entry.instance: entry.actor for entry in entries if entry.instance is not None}


def _ended(known: Known) -> dict[str, Command]:
    """Return the last command of each instance that came to an end."""
    newest_first = known.commands(limit=max(_COMMANDS_LOOKED_AT, 4 * len(known.stack.instances)))
    return {command.instance: command for command in reversed(newest_first) if command.status.finished}


def _urls(stack: Stack, state: StackState) -> tuple[str, ...]:
    """Where the online load balancers answer, at their elastic address if they have one."""
    urls: list[str] = []
    for name, instance in stack.instances.items():
        record = state.instances.get(name)
        if record is None or record.machine is None or record.state not in MEMBERS:
            continue
        address = record.machine.elastic_address or record.machine.address
        for layer in stack.layers_of(instance):
            if layer.uses == "haproxy" and address is not None:
                urls += haproxy.urls(stack, layer, address)
    return tuple(urls)
