"""What was measured, as tables: one row a metric of an instance, with its course in a few characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from stackward.cli.metrics_data import Measured, Series
from stackward.cli.moments import ago

_STEPS = "▁▂▃▄▅▆▇█"
_WIDTH = 24
"""Characters of a course."""


def tables(found: Sequence[Measured], now: datetime, wanted: Sequence[str] = ()) -> Iterator[RenderableType]:
    """Yield the tables of each stack; `wanted` are the metrics that were asked for, none: all."""
    for each in found:
        yield Text(each.stack, style="bold")
        if each.series:
            yield _values(each, now)
        else:
            what = f"No {' and no '.join(wanted)}" if wanted else "Nothing"
            yield Text(
                f"{what} was measured in this time. `stackward scale` measures; the stack file's `metrics` says how."
            )
        if each.sources:
            yield _sources(each, now)
        if each.alarms:
            yield _alarms(each, now)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        numeric = column in ("NOW", "MEAN", "LEAST", "MOST", "AGO")
        table.add_column(column, no_wrap=column != "SAYS", justify="right" if numeric else "left")
    return table


def _values(found: Measured, now: datetime) -> Table:
    table = _table("OF", "METRIC", "NOW", "MEAN", "LEAST", "MOST", "AGO", "COURSE")
    for series in found.series:
        known = series.known
        newest = series.points[-1]
        numbers = (newest.value, sum(known) / len(known), min(known), max(known)) if known else (None,) * 4
        table.add_row(
            series.subject,
            series.metric,
            *("-" if number is None else f"{number:.3g}" for number in numbers),
            ago(newest.at, now),
            course(series, found.since, found.until),
        )
    return table


def course(series: Series, since: datetime, until: datetime) -> str:
    """Return the values from one moment to another as a row of bars; a gap where nothing is known."""
    parts: list[list[float]] = [[] for _ in range(_WIDTH)]
    whole = (until - since).total_seconds()
    for point in series.points:
        if point.value is not None:
            position = int((point.at - since).total_seconds() / whole * _WIDTH)
            parts[min(_WIDTH - 1, max(0, position))].append(point.value)
    most = max(series.known, default=0.0)
    most = 100.0 if series.metric in ("cpu", "memory", "disk") else most or 1.0
    return "".join(_bar(sum(part) / len(part) / most) if part else " " for part in parts)


def _bar(share: float) -> str:
    return _STEPS[min(len(_STEPS) - 1, max(0, int(share * len(_STEPS))))]


def _sources(found: Measured, now: datetime) -> Table:
    table = _table("SOURCE", "TYPE", "AGO", "SAYS")
    for source in found.sources:
        failed = Text(source.failure, style="red") if source.failure else Text("ok" if source.asked else "never asked")
        table.add_row(source.name, source.type, ago(source.asked, now), failed)
    return table


def _alarms(found: Measured, now: datetime) -> Table:
    table = _table("ALARM", "STATE", "AGO", "SOURCE")
    for alarm in found.alarms:
        table.add_row(alarm.name, alarm.state, ago(alarm.since, now), alarm.source)
    return table
