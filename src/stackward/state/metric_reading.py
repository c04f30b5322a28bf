"""What was measured, as records. Every function reads within the caller's transaction."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, select

from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.retention import COARSE, MINUTE, slot
from stackward.metrics.sample import Sample
from stackward.state.records import Collected, Evaluated, KnownAlarm, LoadMemory
from stackward.state.tables import alarms, collections, evaluations, load_memories, samples

_STACK = bindparam("stack", type_=Text)

_SAMPLES = select(samples.c.subject, samples.c.metric, samples.c.at, samples.c.value, samples.c.source).where(
    samples.c.stack == _STACK
)
_ALARMS = select(alarms.c.name, alarms.c.state, alarms.c.since, alarms.c.at, alarms.c.source).where(
    alarms.c.stack == _STACK
)
_COLLECTIONS = select(collections.c.source, collections.c.at, collections.c.failure).where(
    collections.c.stack == _STACK
)
_MEMORIES = select(load_memories.c.layer, load_memories.c.windows, load_memories.c.evaluation).where(
    load_memories.c.stack == _STACK
)
_EVALUATIONS = select(evaluations.c.layer, evaluations.c.at, evaluations.c.data).where(
    evaluations.c.stack == _STACK, evaluations.c.layer == bindparam("layer", type_=Text)
)


def read_samples(
    connection: Connection,
    stack: str,
    since: datetime,
    until: datetime,
    metrics: Collection[str] | None,
    subjects: Collection[str] | None,
) -> tuple[Sample, ...]:
    """Samples from `since` to `until`, oldest first; None: of all metrics, of all subjects.

    What has become coarse is the mean of its ten minutes, at the time of the last sample in them.
    """
    wanted = _SAMPLES.where(samples.c.at >= since, samples.c.at <= until)
    if metrics is not None:
        wanted = wanted.where(samples.c.metric.in_(metrics))
    if subjects is not None:
        wanted = wanted.where(samples.c.subject.in_(subjects))
    found: list[Sample] = []
    for span in (MINUTE, COARSE):
        between = samples.c.slot.between(slot(since, span), slot(until, span))
        rows = connection.execute(wanted.where(samples.c.span == span, between), {"stack": stack})
        found += (_sample(*row) for row in rows)
    # Sorted here: databases disagree about the order of names.
    found.sort(key=lambda sample: (sample.at, sample.subject, sample.metric))
    return tuple(found)


def _sample(subject: str, metric: str, at: datetime, value: float | None, source: str) -> Sample:
    return Sample(subject, metric, at, math.nan if value is None else value, source)


def read_alarms(connection: Connection, stack: str) -> dict[str, KnownAlarm]:
    """Every alarm that was ever heard of, by name."""
    return {
        name: KnownAlarm(Alarm(AlarmState(state), since), at, source)
        for name, state, since, at, source in connection.execute(_ALARMS, {"stack": stack})
    }


def read_collections(connection: Connection, stack: str) -> dict[str, Collected]:
    """When each source was last asked, by its name."""
    return {
        source: Collected(at, failure)
        for source, at, failure in connection.execute(_COLLECTIONS, {"stack": stack}).all()
    }


def read_load_memories(connection: Connection, stack: str) -> dict[str, LoadMemory]:
    """What is remembered of the load of each layer, by its name."""
    return {
        layer: LoadMemory(windows, evaluation)
        for layer, windows, evaluation in connection.execute(_MEMORIES, {"stack": stack}).all()
    }


def read_evaluations(connection: Connection, stack: str, layer: str, limit: int) -> tuple[Evaluated, ...]:
    """The newest evaluations of a layer that did something or held it back, oldest first."""
    rows: list[Any] = list(
        connection.execute(
            _EVALUATIONS.order_by(evaluations.c.id.desc()).limit(limit), {"stack": stack, "layer": layer}
        )
    )
    return tuple(Evaluated(*row) for row in reversed(rows))
