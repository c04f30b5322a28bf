"""What was measured, drawn: one chart a metric, one line an instance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from stackward.cli.metrics_data import Series
from stackward.definition.load_scaling import PERCENT
from stackward.errors import StackwardError

_PERCENT = PERCENT | {"disk"}

_NAMED = 23
"""How many are named below the charts: three rows."""

_BROKEN = 900
"""Seconds without a value after which a line is broken."""


def draw(found: Sequence[Series], since: datetime, until: datetime, file: Path) -> None:
    """Draw the series into the file. Raises StackwardError without matplotlib, or where it cannot be written."""
    try:
        from matplotlib.dates import ConciseDateFormatter
        from matplotlib.figure import Figure
        from matplotlib.lines import Line2D
    except ImportError:
        raise StackwardError("Drawing needs matplotlib: pip install 'stackward[pictures]'") from None
    zone = since.astimezone().tzinfo
    names = list(dict.fromkeys(series.metric for series in found)) or ["nothing measured"]
    subjects = list(dict.fromkeys(series.subject for series in found))
    lines: dict[str, Line2D] = {}
    figure = Figure(figsize=(10, 1 + 2 * len(names)), layout="constrained")
    for position, name in enumerate(names):
        axes = figure.add_subplot(len(names), 1, position + 1)
        axes.set_title(f"{name} (%)" if name in _PERCENT else name, loc="left", fontsize=10)
        for series in (each for each in found if each.metric == name):
            times, values = _line(series)
            colour = f"C{subjects.index(series.subject) % 10}"
            [lines[series.subject]] = axes.plot([_days(at) for at in times], values, color=colour, linewidth=1.2)
        axes.xaxis_date(tz=zone)
        locator = axes.xaxis.get_major_locator()
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]
        axes.set_xlim(_days(since), _days(until))
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    if lines:
        named = list(lines.items())[:_NAMED]
        more = [f"and {len(lines) - len(named)} more"] if len(lines) > len(named) else []
        handles = [line for _, line in named] + [Line2D([], [], linestyle="none") for _ in more]
        labels = [subject for subject, _ in named] + more
        figure.legend(handles, labels, loc="outside lower center", ncols=8, frameon=False, fontsize=8)
    try:
        figure.savefig(file)
    except OSError as error:
        raise StackwardError(f"{file} cannot be written: {error.strerror or error}.") from error


def _days(moment: datetime) -> float:
    """Return a moment as matplotlib counts it: days since 1970."""
    return moment.timestamp() / 86400


def _line(series: Series) -> tuple[list[datetime], list[float]]:
    """Return times and values, with a gap wherever nothing was known for long."""
    times: list[datetime] = []
    values: list[float] = []
    for point in series.points:
        if times and (point.at - times[-1]).total_seconds() > _BROKEN:
            times.append(point.at)
            values.append(float("nan"))
        times.append(point.at)
        values.append(float("nan") if point.value is None else point.value)
    return times, values
