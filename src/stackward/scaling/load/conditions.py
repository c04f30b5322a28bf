"""The conditions of a policy, and how things stand with each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from math import inf

from stackward.definition.load_scaling import LoadScaling, Mode, Rule, Target
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.scaling.load.frames import PERIOD
from stackward.scaling.load.reading import Reading

_FAR = 3.0
"""From how many tolerances above a target on it is missed by much, which noise rarely does."""


class Direction(Enum):
    """Where a condition, or a decision, leads."""

    OUT = "out"
    IN = "in"


class Kind(Enum):
    """What a condition looks at."""

    THRESHOLD = "threshold"
    TARGET = "target"
    ALARM = "alarm"


class Truth(Enum):
    """How things stand with a condition.

    NEAR: not so, but within the tolerance: what holds goes on, what does not hold does not begin.
    """

    SO = "so"
    NEAR = "near"
    NOT_SO = "not so"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that has to hold for `hold` seconds. `begins` and `ends` are the values where it does so.

    From `hurries` on half of that is enough.
    """

    name: str
    direction: Direction
    kind: Kind
    subject: str
    limit: float
    hold: float
    begins: float = 0.0
    ends: float = 0.0
    hurries: float = inf

    def needed(self, reading: Reading | None) -> float:
        """Return for how many seconds it has to hold, by a reading of the condition's metric."""
        mean = reading.mean if reading is not None else None
        return self.hold if mean is None or mean < self.hurries else self.hold / 2

    def truth(self, reading: Reading | None) -> Truth:
        """How things stand, by a reading of the condition's metric."""
        value = reading.mean if reading is not None else None
        if value is None:
            return Truth.UNKNOWN
        if self.direction is Direction.OUT:
            return Truth.SO if value > self.begins else Truth.NEAR if value >= self.ends else Truth.NOT_SO
        return Truth.SO if value < self.begins else Truth.NEAR if value <= self.ends else Truth.NOT_SO


def truth_of(condition: Condition, readings: Mapping[str, Reading], alarms: Mapping[str, Alarm], at: datetime) -> Truth:
    """How things stood with a condition at a moment, by what was read then or by its alarm."""
    if condition.kind is not Kind.ALARM:
        return condition.truth(readings.get(condition.subject))
    alarm = alarms.get(condition.subject)
    if alarm is None or alarm.state is AlarmState.INSUFFICIENT_DATA or alarm.since >= at + PERIOD:
        return Truth.UNKNOWN
    return Truth.SO if alarm.state is AlarmState.ALARM else Truth.NOT_SO


@dataclass(frozen=True, slots=True)
class Rules:
    """A policy, ready to be decided by. Made once, used at every look."""

    policy: LoadScaling
    out: tuple[Condition, ...]
    into: tuple[Condition, ...]
    all: tuple[Condition, ...]
    metrics: tuple[str, ...]
    ceilings: Mapping[str, float]
    """What the metrics of those that stay must not exceed when others stop."""
    looked_back: timedelta
    """How far back the most work of a metric counts: as long as it has to be low."""
    warm_up: timedelta
    enforced: bool

    @classmethod
    def of(cls, policy: LoadScaling) -> Rules:
        """Return the rules of a policy."""
        lower, upper = 1 - policy.tolerance, 1 + policy.tolerance
        up, down, target = policy.up, policy.down, policy.target
        out = [*_thresholds(up, Direction.OUT, lower), *_alarms(up, Direction.OUT)]
        into = [*_thresholds(down, Direction.IN, upper), *_alarms(down, Direction.IN)]
        ceilings = {name: limit * lower for name, limit in up.thresholds.items()}
        if target is not None:
            out += _targets(target, Direction.OUT, target.up_hold, upper, 1 + _FAR * policy.tolerance)
            into += _targets(target, Direction.IN, target.down_hold, lower, inf)
            ceilings |= target.values
        conditions = (*out, *into)
        return cls(
            policy,
            tuple(out),
            tuple(into),
            conditions,
            tuple(dict.fromkeys(each.subject for each in conditions if each.kind is not Kind.ALARM)),
            ceilings,
            timedelta(seconds=max((each.hold for each in into), default=0)),
            timedelta(seconds=policy.warm_up),
            policy.mode is Mode.ENFORCE,
        )


_SIGN = {Direction.OUT: ">", Direction.IN: "<"}


def _thresholds(rule: Rule, direction: Direction, ends: float) -> Iterator[Condition]:
    for name, limit in rule.thresholds.items():
        said = f"{name} {_SIGN[direction]} {limit:g}"
        yield Condition(said, direction, Kind.THRESHOLD, name, limit, rule.hold, limit, limit * ends)


def _targets(target: Target, direction: Direction, hold: float, begins: float, hurries: float) -> Iterator[Condition]:
    for name, limit in target.values.items():
        said = f"{name} {_SIGN[direction]} target {limit:g}"
        yield Condition(said, direction, Kind.TARGET, name, limit, hold, limit * begins, limit, limit * hurries)


def _alarms(rule: Rule, direction: Direction) -> Iterator[Condition]:
    for name in rule.alarms:
        yield Condition(f"alarm {name} ({direction.value})", direction, Kind.ALARM, name, 0, rule.hold)
