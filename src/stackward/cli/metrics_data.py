"""What was measured of a stack, and how its sources and alarms are, as it is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stackward.cli.opening import Known
from stackward.metrics.sample import Sample


@dataclass(frozen=True, slots=True)
class Point:
    """One value; None where the source was asked and had none."""

    at: datetime
    value: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Series:
    """The values of a metric of an instance, or of a layer as a whole (`layer_web`), oldest first."""

    subject: str
    metric: str
    points: tuple[Point, ...]

    @property
    def known(self) -> tuple[float, ...]:
        """The values that there are."""
        return tuple(point.value for point in self.points if point.value is not None)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source of the stack file: when it was last asked, None for never, and what went wrong then."""

    name: str
    type: str
    asked: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class AlarmStatus:
    """An alarm as it was last heard of."""

    name: str
    state: str
    since: datetime
    heard: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one stack."""

    stack: str
    since: datetime
    until: datetime
    series: tuple[Series, ...]
    sources: tuple[SourceStatus, ...]
    alarms: tuple[AlarmStatus, ...]


def measured(
    known: Known, subjects: Sequence[str] | None, wanted: Sequence[str], since: datetime, until: datetime
) -> Measured:
    """Return what was measured of some subjects, None: of all, and how the stack's sources and alarms are."""
    store, stack = known.store, known.stack
    samples = (
        store.samples(stack.name, since, until, metrics=wanted or None, subjects=subjects) if store is not None else ()
    )
    asked = store.collections(stack.name) if store is not None else {}
    heard = store.alarms(stack.name) if store is not None else {}
    return Measured(
        stack.name,
        since,
        until,
        _series(samples),
        tuple(
            SourceStatus(source.name, source.type, last.at if last else None, last.failure if last else "")
            for source in stack.metrics.values()
            for last in (asked.get(source.name),)
        ),
        tuple(
            AlarmStatus(name, its.alarm.state.value, its.alarm.since, its.at, its.source)
            for name, its in sorted(heard.items())
        ),
    )


def _series(samples: Sequence[Sample]) -> tuple[Series, ...]:
    found: dict[tuple[str, str], list[Point]] = {}
    for sample in samples:
        value = None if math.isnan(sample.value) else sample.value
        found.setdefault((sample.subject, sample.metric), []).append(Point(sample.at, value, sample.source))
    return tuple(Series(*key, tuple(points)) for key, points in sorted(found.items()))
