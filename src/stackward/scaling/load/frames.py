"""Samples as frames: one value an instance and metric for each minute, whatever order they came in."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stackward.metrics.sample import Sample

PERIOD = timedelta(minutes=1)
"""How long a frame is."""

_START = datetime(1970, 1, 1, tzinfo=UTC)

Values = Mapping[str, Mapping[str, float]]
"""By metric, then by instance; a value of the whole layer is that of WHOLE."""

WHOLE = ""
"""Stands for the whole layer among the names of instances."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What was measured in the minute that begins at `at`. Values may be no numbers; instances may be missing."""

    at: datetime
    values: Values


def frames(
    samples: Iterable[Sample],
    instances: Sequence[str],
    metrics: Iterable[str],
    after: datetime | None,
    now: datetime,
    layer: str = WHOLE,
) -> tuple[Frame, ...]:
    """Return the frames later than `after` (the last one that was looked at), in order.

    `layer` is the subject of samples of the whole layer. The youngest sample of a minute counts; of equally young ones
    the largest number. What comes from the future, or too late for a minute that was looked at, is left out. A minute
    counts once it is over, or all instances have reported.
    """
    wanted = frozenset(metrics)
    found: dict[datetime, dict[str, dict[str, tuple[datetime, float]]]] = {}
    for sample in samples:
        if sample.metric not in wanted or sample.at > now:
            continue
        at = minute(sample.at)
        if after is not None and at <= after:
            continue
        column = found.setdefault(at, {}).setdefault(sample.metric, {})
        subject = WHOLE if sample.subject == layer else sample.subject
        known = column.get(subject)
        if known is None or _younger((sample.at, sample.value), known):
            column[subject] = (sample.at, sample.value)
    return tuple(
        Frame(at, {metric: {name: value for name, (_, value) in its.items()} for metric, its in found[at].items()})
        for at in sorted(found)
        if at + PERIOD <= now or all(_complete(found[at].get(metric, ()), instances) for metric in wanted)
    )


def minute(moment: datetime) -> datetime:
    """Return the beginning of the minute that a moment is in."""
    return moment - (moment - _START) % PERIOD


def _complete(known: Collection[str], instances: Iterable[str]) -> bool:
    return WHOLE in known or all(name in known for name in instances)


def _younger(one: tuple[datetime, float], other: tuple[datetime, float]) -> bool:
    if one[0] != other[0]:
        return one[0] > other[0]
    return math.isnan(other[1]) or one[1] > other[1]
