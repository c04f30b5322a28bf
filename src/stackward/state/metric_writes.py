"""Writes to what is measured: samples, alarms, who was asked when, and what scaling by load remembers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, insert, select, text, update

from stackward.metrics.alarm import Alarm
from stackward.metrics.retention import COARSE, MINUTE, acceptable, first_coarse, first_fine, slot
from stackward.metrics.sample import Sample
from stackward.state.metric_reading import read_alarms, read_collections, read_load_memories, read_samples
from stackward.state.records import Collected, KnownAlarm, LoadMemory
from stackward.state.tables import alarms, collections, evaluations, load_memories, samples
from stackward.state.writing import OF, StackWrites

_EVALUATIONS_KEPT = 1000
"""Evaluations of a layer that are remembered."""

# The same words in SQLite and PostgreSQL. Of a minute the youngest sample is kept, so that repeated and late ones
# change nothing.
_MEASURE = text(
    "INSERT INTO stackward_samples (stack, subject, metric, span, slot, at, value, source) "
    "VALUES (:of, :subject, :metric, :span, :slot, :at, :value, :source) "
    "ON CONFLICT (stack, subject, metric, span, slot) "
    "DO UPDATE SET at = excluded.at, value = excluded.value, source = excluded.source "
    "WHERE stackward_samples.at <= excluded.at"
)
_COARSEN = text(
    "INSERT INTO stackward_samples (stack, subject, metric, span, slot, at, value, source) "
    "SELECT stack, subject, metric, :coarse, slot / :minutes, MAX(at), AVG(value), MAX(source) FROM stackward_samples "
    "WHERE stack = :of AND span = :fine AND slot < :before GROUP BY stack, subject, metric, slot / :minutes "
    "ON CONFLICT DO NOTHING"
).bindparams(bindparam("minutes", type_=Integer), bindparam("coarse", type_=Integer))
_FORGET = delete(samples).where(
    samples.c.stack == OF, samples.c.span == bindparam("wide"), samples.c.slot < bindparam("before")
)
_OLDEST = select(func.min(samples.c.slot)).where(samples.c.stack == OF, samples.c.span == MINUTE)

_ALARM = insert(alarms)
_DROP_ALARM = delete(alarms).where(alarms.c.stack == OF, alarms.c.name == bindparam("alarm"))
_COLLECT = insert(collections)
_COLLECTED = update(collections).where(collections.c.stack == OF, collections.c.source == bindparam("asked"))
_REMEMBER = insert(load_memories)
_DROP_MEMORY = delete(load_memories).where(load_memories.c.stack == OF, load_memories.c.layer == bindparam("of_layer"))
_NOTE = insert(evaluations)
_OLD_NOTE = (
    select(evaluations.c.id)
    .where(evaluations.c.stack == OF, evaluations.c.layer == bindparam("of_layer"))
    .order_by(evaluations.c.id.desc())
    .offset(_EVALUATIONS_KEPT)
    .limit(1)
)
_FORGET_NOTES = delete(evaluations).where(
    evaluations.c.stack == OF, evaluations.c.layer == bindparam("of_layer"), evaluations.c.id <= bindparam("newest")
)


class MetricWrites(StackWrites):
    """What may be written about what is measured."""

    def measure(self, measured: Iterable[Sample], now: datetime) -> int:
        """Keep samples, from whatever source, in any order, also repeated. Returns how many were taken.

        Of each minute the youngest sample of a subject and metric is kept, of equally young ones the last. Left out is
        what comes from the future, or so late that its minute has become coarse. Older samples become means of ten
        minutes, and are forgotten in the end. What is no finite number is kept as "asked, and no value".
        """
        rows = [
            {
                "of": self._stack,
                "subject": sample.subject,
                "metric": sample.metric,
                "span": MINUTE,
                "slot": slot(sample.at, MINUTE),
                "at": math.floor(sample.at.timestamp()),
                "value": sample.value if math.isfinite(sample.value) else None,
                "source": sample.source,
            }
            for sample in measured
            if acceptable(sample.at, now)
        ]
        if rows:
            self._connection.execute(_MEASURE, rows)
        self._coarsen(now)
        return len(rows)

    def _coarsen(self, now: datetime) -> None:
        """Turn what is older than a day into means, and forget what is too old even for that."""
        before = first_fine(now)
        oldest = self._find(_OLDEST).scalar()
        if oldest is None or oldest >= before:
            return
        spans = {"coarse": COARSE, "minutes": COARSE // MINUTE, "fine": MINUTE}
        self._find(_COARSEN, **spans, before=before)
        self._change(_FORGET, wide=MINUTE, before=before)
        self._change(_FORGET, wide=COARSE, before=first_coarse(now))

    def samples(self, since: datetime, until: datetime, metrics: Iterable[str]) -> tuple[Sample, ...]:
        """Samples of these metrics from one moment to another, oldest first."""
        return read_samples(self._connection, self._stack, since, until, tuple(metrics), None)

    def note_alarms(self, found: Mapping[str, Alarm], source: str, now: datetime) -> None:
        """Keep the states of alarms, by name, as they are now."""
        for name, alarm in found.items():
            self._change(_DROP_ALARM, alarm=name)
            self._insert(_ALARM, name=name, state=alarm.state.value, since=alarm.since, at=now, source=source)

    def alarms(self) -> dict[str, KnownAlarm]:
        """Every alarm that was ever heard of, by name."""
        return read_alarms(self._connection, self._stack)

    def begin_collection(self, source: str, every: timedelta, now: datetime) -> bool:
        """Take it on to ask a source, at most once in so long a time. Returns whether it is this caller's to ask."""
        last = self.collections().get(source)
        if last is not None and timedelta(0) <= now - last.at < every:
            return False
        if last is None:
            self._insert(_COLLECT, source=source, at=now, failure="")
        else:
            self._change(_COLLECTED, asked=source, at=now)
        return True

    def end_collection(self, source: str, failure: str) -> None:
        """The source has been asked; `failure` says what went wrong, "" where nothing did."""
        self._change(_COLLECTED, asked=source, failure=failure)

    def collections(self) -> dict[str, Collected]:
        """When each source was last asked, by its name."""
        return read_collections(self._connection, self._stack)

    def load_memories(self) -> dict[str, LoadMemory]:
        """What is remembered of the load of each layer, by its name."""
        return read_load_memories(self._connection, self._stack)

    def remember_load(self, layer: str, windows: Mapping[str, Any], evaluation: Mapping[str, Any]) -> None:
        """Keep what the next decision about a layer goes by, and what the last one was made from."""
        self._change(_DROP_MEMORY, of_layer=layer)
        self._insert(_REMEMBER, layer=layer, windows=windows, evaluation=evaluation)

    def note_evaluation(self, layer: str, evaluation: Mapping[str, Any], now: datetime) -> None:
        """Append an evaluation that did something or held it back; those of long ago are forgotten."""
        self._insert(_NOTE, layer=layer, at=now, data=evaluation)
        oldest = self._find(_OLD_NOTE, of_layer=layer).scalar()
        if oldest is not None:
            self._change(_FORGET_NOTES, of_layer=layer, newest=oldest)
