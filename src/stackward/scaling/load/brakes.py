"""What keeps instances from being started or stopped, however the metrics are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stackward.metrics.alarm import Alarm
from stackward.scaling.load.conditions import Direction, Kind, Rules, Truth, truth_of
from stackward.scaling.load.members import Fleet
from stackward.scaling.load.windows import Windows, recent

FIRST_BACKOFF, LONGEST_BACKOFF = 300.0, 1800.0
"""Seconds without a start after the provider had no capacity, doubled each time (as in Cluster Autoscaler)."""

FORGIVEN = timedelta(hours=3)
"""After so long without a refusal the next one counts as the first (Cluster Autoscaler: 3 hours)."""


@dataclass(frozen=True, slots=True)
class Brake:
    """What it keeps from happening, why, and until when, where that is known."""

    direction: Direction
    why: str
    until: datetime | None = None


def refused(windows: Windows, refusals: tuple[datetime, ...], fleet: Fleet, now: datetime) -> Windows:
    """Return the windows after the provider had no capacity at these moments. Refusals within a back-off are one."""
    if windows.refused is not None and (now - windows.refused > FORGIVEN or fleet.newest > windows.refused):
        windows = replace(windows, backoff=0.0)
    for at in sorted(refusals):
        if at > now or (windows.refused is not None and at <= windows.refused):
            continue
        if windows.backoff_until is None or at >= windows.backoff_until:
            backoff = min(LONGEST_BACKOFF, 2 * windows.backoff) if windows.backoff else FIRST_BACKOFF
            windows = replace(windows, backoff=backoff, backoff_until=at + timedelta(seconds=backoff))
        windows = replace(windows, refused=at)
    return windows


def on_starts(windows: Windows, now: datetime) -> Iterator[Brake]:
    """Yield what keeps instances from being started."""
    if windows.backoff_until is not None and now < windows.backoff_until:
        yield Brake(Direction.OUT, "the provider gave no machine", windows.backoff_until)


def on_any_stop(fleet: Fleet) -> Iterator[Brake]:
    """Yield what keeps even those from being stopped who are too many: events in the layer."""
    for name, activities in fleet.activity.items():
        for each in activities:
            if each.end is None:
                yield Brake(Direction.IN, f"{each.event} runs on {name}")
                return


def on_stops(
    windows: Windows, rules: Rules, fleet: Fleet, alarms: Mapping[str, Alarm], now: datetime
) -> Iterator[Brake]:
    """Yield what keeps instances from being stopped because of little load."""
    yield from on_any_stop(fleet)
    for reading in windows.readings.values():
        if reading.mean is None or reading.doubt:
            yield Brake(Direction.IN, f"{reading.metric} is not fully known: {reading.doubt or 'no samples'}")
    for condition in rules.all:
        if condition.kind is Kind.ALARM:
            truth = truth_of(condition, {}, alarms, now)
            if truth is Truth.UNKNOWN:
                yield Brake(Direction.IN, f"{condition.name} has not enough data")
            elif truth is Truth.SO and condition.direction is Direction.OUT:
                yield Brake(Direction.IN, f"{condition.name} is on")
    if fleet.coming and (expected := len(fleet.expected(now))):
        yield Brake(Direction.IN, f"{expected} on the way")
    if now - fleet.newest < rules.warm_up:
        yield Brake(Direction.IN, "the last one to come is warming up", fleet.newest + rules.warm_up)
    if windows.quiet_in is not None and now < windows.quiet_in:
        yield Brake(Direction.IN, "it is not time for the next step", windows.quiet_in)
    if windows.direction is Direction.OUT:
        turns = recent(windows.turns, now, rules.policy.reversals_within)
        # A stop now is one turn, and the start that may have to follow it another.
        over = len(turns) + 2 - rules.policy.reversals
        if over > 0:
            until = turns[over - 1] + timedelta(seconds=rules.policy.reversals_within) if over <= len(turns) else None
            yield Brake(Direction.IN, f"the direction has turned {len(turns)} times lately", until)
