"""What was measured once, as demand: a CSV text becomes the work of each minute."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from stackward.definition.load_scaling import CPU
from stackward.errors import StackwardError
from stackward.metrics.sample import Sample
from stackward.scaling.load.frames import PERIOD, frames
from stackward.simulator.load.demand import Demand

_FORMS = "its first line has to be time,demand or time,instance,metric,value"
_CARRIED = timedelta(minutes=5)
"""For how long a value of an instance that has fallen silent still counts."""

_COARSE = timedelta(minutes=12)
"""The same where values may be means of ten minutes."""


class RecordingError(StackwardError):
    """The text is no recording; the message says where and what would be right."""


def recorded(lines: Iterable[str], name: str, most: int | None = None) -> Demand:
    """Return the demand of a recording: instances' worth of work, or samples of `cpu` by instance.

    Times are ISO 8601 (UTC unless they say otherwise) or seconds since 1970. A minute without a value has the one
    before. `most` minutes of it are taken, from its first. Raises RecordingError.
    """
    rows = csv.DictReader(_unmarked(lines), skipinitialspace=True)
    try:
        work = _read(rows, name)
    except csv.Error as error:
        raise RecordingError(f"{name}:{rows.line_num + 1}: cannot be read as CSV: {error}.") from None
    if not work:
        raise RecordingError(f"{name}: there is nothing in it to go by.")
    return Demand(name, tuple(islice(_filled(work), most)))


def _unmarked(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines without the mark that spreadsheets put before the first one."""
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def _read(rows: csv.DictReader[str], name: str) -> Mapping[datetime, float]:
    fields = set(rows.fieldnames or ())
    if {"time", "demand"} <= fields:
        return dict(_work(rows, name))
    if {"time", "instance", "metric", "value"} <= fields:
        return _of_samples(list(_samples(rows, name)))
    raise RecordingError(f"{name}: {_FORMS}.")


def measured(samples: Sequence[Sample], name: str) -> Demand:
    """Return the demand that was measured: samples of `cpu`, also means of ten minutes. Raises RecordingError."""
    work = _of_samples([sample for sample in samples if sample.metric == CPU], _COARSE)
    if not work:
        raise RecordingError(f"{name}: no CPU of its instances was measured in this time; `stackward scale` measures.")
    return Demand(name, tuple(_filled(work)))


def _work(rows: csv.DictReader[str], name: str) -> Iterator[tuple[datetime, float]]:
    for row in rows:
        value = _number(row["demand"], name, rows.line_num)
        if not 0 <= value < math.inf:
            raise RecordingError(f"{name}:{rows.line_num}: the demand {row['demand']} cannot be; write 0 or more.")
        at = _moment(row["time"], name, rows.line_num)
        yield at.replace(second=0, microsecond=0), value


def _samples(rows: csv.DictReader[str], name: str) -> Iterator[Sample]:
    for row in rows:
        if row["metric"] == CPU:
            value = _number(row["value"], name, rows.line_num)
            yield Sample(row["instance"], CPU, _moment(row["time"], name, rows.line_num), value)


def _of_samples(samples: list[Sample], carried: timedelta = _CARRIED) -> Mapping[datetime, float]:
    if not samples:
        return {}
    last = max(sample.at for sample in samples) + PERIOD
    known: dict[str, tuple[datetime, float]] = {}
    work = {}
    for frame in frames(samples, (), (CPU,), None, last):
        for instance, value in frame.values[CPU].items():
            if 0 <= value < math.inf:
                known[instance] = (frame.at, value)
        work[frame.at] = sum(value for at, value in known.values() if frame.at - at <= carried) / 100
    return work


def _filled(work: Mapping[datetime, float]) -> Iterator[float]:
    at, last = min(work), max(work)
    value = 0.0
    while at <= last:
        value = work.get(at, value)
        yield value
        at += PERIOD


def _number(text: str | None, name: str, line: int) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise RecordingError(f"{name}:{line}: {text or ''!r} is not a number.") from None


def _moment(text: str | None, name: str, line: int) -> datetime:
    try:
        seconds = float(text or "")
    except ValueError:
        pass
    else:
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            raise RecordingError(f"{name}:{line}: {text!r} is no time that there is.") from None
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise RecordingError(
            f"{name}:{line}: {text!r} is not a time; write one such as 2026-03-02T12:00:00Z."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
