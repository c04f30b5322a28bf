"""A layer as its load is decided by: who its instances are, what runs on them, what was measured and heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stackward.definition.model import Instance, Stack
from stackward.lifecycle.states import Desired, State
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample, of_layer
from stackward.scaling.combine import Wish, held_back
from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.decision import Observed
from stackward.scaling.load.frames import PERIOD, frames
from stackward.scaling.load.members import Activity, Fleet, Member
from stackward.scaling.load.reading import AFTERMATH, LONGEST_EVENT
from stackward.scaling.load.windows import Windows, last_seen
from stackward.scaling.past import NOTHING, Past
from stackward.state.records import Command, KnownAlarm, StackState

FIRST_LOOK = 2 * PERIOD
"""How far the first look at a layer goes back."""

FARTHEST = timedelta(hours=6)
"""How far any look goes back. What was measured before is not known any more."""

SILENT = timedelta(minutes=5)
"""An alarm that nobody has heard of for so long is not known any more."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured and heard of a stack, and which commands ran lately."""

    samples: Sequence[Sample] = ()
    alarms: Mapping[str, KnownAlarm] = field(default_factory=dict)
    commands: Sequence[Command] = ()


def looked_back(memories: Iterable[Windows], now: datetime) -> datetime:
    """From when on samples are needed for a look at layers of which this is remembered."""
    seen = [last_seen(windows, now) for windows in memories]
    since = [now - FIRST_LOOK if last is None else last + PERIOD for last in seen]
    return max(min(since, default=now), now - FARTHEST)


def fleet(
    stack: Stack, layer: str, state: StackState, pasts: Mapping[str, Past], commands: Iterable[Command], now: datetime
) -> Fleet:
    """The instances of a layer, in the order of the file, with what runs or ran on them lately."""
    members = [
        _member(instance, state, pasts.get(name, NOTHING), now)
        for name, instance in stack.instances.items()
        if layer in instance.layers
    ]
    names = {member.name for member in members}
    activity: dict[str, tuple[Activity, ...]] = {}
    for command in commands:
        lately = command.finished is None or now - command.finished < LONGEST_EVENT + AFTERMATH
        if command.instance in names and lately:
            its = Activity(command.event, command.started or command.created, command.finished)
            activity[command.instance] = (*activity.get(command.instance, ()), its)
    return Fleet.of(members, activity)


def _member(instance: Instance, state: StackState, past: Past, now: datetime) -> Member:
    name, kind = instance.name, instance.type
    record = state.instances.get(name)
    aside = state.maintenance.get(name)
    hold = f"held for maintenance by {aside.actor}" if aside is not None and aside.lasts(now) else ""
    if record is None:
        return Member(name, kind, State.STOPPED, _LONG_AGO, hold=hold, warm=not instance.pooled)
    if not hold and record.state is State.START_FAILED:
        # One that would not be asked for yet is none that can be started.
        hold = held_back(Wish(name, Desired.ONLINE, ""), record, past, now)[0]
    request = record.request
    return Member(
        name,
        kind,
        record.state,
        record.since or _LONG_AGO,
        wanted=request.desired if request is not None else None,
        hold=hold,
        failed=past.failures[-1] if past.failures else None,
        asked=request.at if request is not None else None,
        warm=record.machine is not None or not instance.pooled,
    )


def observed(
    rules: Rules, layer: str, its: Fleet, heard: Heard, windows: Windows, refusals: Iterable[datetime], now: datetime
) -> Observed:
    """What was measured of a layer since the last look, its alarms, and when its instances got no machine."""
    alarms = {name: known for name in rules.policy.alarms if (known := heard.alarms.get(name)) is not None}
    after = last_seen(windows, now) or now - FIRST_LOOK - PERIOD
    return Observed(
        frames(heard.samples, its.names, rules.metrics, after, now, of_layer(layer)),
        {name: _believed(known, now) for name, known in alarms.items()},
        tuple(sorted(refusals)),
    )


def _believed(known: KnownAlarm, now: datetime) -> Alarm:
    return known.alarm if now - known.at < SILENT else Alarm(AlarmState.INSUFFICIENT_DATA, known.at)
