"""Draws what came of a simulation: how much was needed, how much was there, and what was decided when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackward.errors import StackwardError
from stackward.simulator.load.demand import DAY
from stackward.simulator.load.running import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMS = (".svg", ".png", ".pdf")
_NEEDED, _AT_WORK, _BREACH, _STOP = "#9db8d9", "#1f3552", "#d1495b", "#5b8c5a"
_HOURS_SHOWN = 3 * DAY
"""Up to so many minutes, the time is given in hours."""


class PictureError(StackwardError):
    """No picture can be drawn; the message says why and what to do."""


def draw(outcomes: Sequence[Outcome], work: Sequence[float], limit: float, heading: str, path: Path) -> None:
    """Write a picture with a row for each outcome. `limit` is in percent. Raises PictureError."""
    if path.suffix.lower() not in FORMS:
        raise PictureError(f"{path}: the form of a picture is its ending; write one of {', '.join(FORMS)}.")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PictureError(
            "Pictures need matplotlib, which is not installed: pip install 'stackward[pictures]'."
        ) from None
    height = 2.4 * len(outcomes) + 1.3
    figure = Figure(figsize=(12, height), layout="constrained")
    figure.suptitle(heading, fontsize=12, x=0.01, ha="left", weight="bold")
    rows = figure.subplots(len(outcomes), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    unit, name = (60, "hours") if len(work) <= _HOURS_SHOWN else (DAY, "days")
    for axes, outcome in zip(rows, outcomes, strict=True):
        _row(axes, outcome, work, limit, unit)
    highest = max((max(outcome.course.working, default=0) for outcome in outcomes), default=0)
    needed = max(work, default=0) * 100 / limit
    rows[0].set_ylim(0, 1.16 * max(highest, needed, 1))
    rows[0].set_xlim(0, len(work) / unit)
    rows[-1].set_xlabel(name)
    handles, labels = rows[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=9)
    figure.savefig(path, dpi=120)


def _row(axes: Axes, outcome: Outcome, work: Sequence[float], limit: float, unit: int) -> None:
    at = [minute / unit for minute in range(len(work))]
    needed = [each * 100 / limit for each in work]
    there = outcome.course.working
    short = [want > have for want, have in zip(needed, there, strict=True)]
    axes.fill_between(at, needed, color=_NEEDED, alpha=0.75, lw=0, label=f"needed to stay at {limit:g} % CPU")
    axes.fill_between(at, there, needed, where=short, color=_BREACH, lw=1, label="too few", zorder=2.5)
    late = [moment for moment, is_short in zip(at, short, strict=True) if is_short]
    axes.vlines(late, 0.965, 1, transform=axes.get_xaxis_transform(), color=_BREACH, lw=1)
    axes.plot(at, there, color=_AT_WORK, lw=1.3, drawstyle="steps-post", label="at work")
    for marker, colour, label, chosen in (
        ("^", _BREACH, "start", [change for change in outcome.changes if change.starts]),
        ("v", _STOP, "stop", [change for change in outcome.changes if change.stops]),
    ):
        size = 18 if len(outcome.changes) < 150 else 5
        where = [change.minute for change in chosen]
        axes.scatter(
            [minute / unit for minute in where],
            [there[minute] for minute in where],
            marker=marker,
            s=size,
            color=colour,
            edgecolors="white",
            linewidths=0.3 if size > 5 else 0,
            zorder=3,
            label=label,
        )
    axes.set_title(_figures(outcome), fontsize=9.5, loc="left", color=_AT_WORK)
    axes.set_ylabel("instances", fontsize=9)
    axes.grid(axis="y", color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _figures(outcome: Outcome) -> str:
    return (
        f"{outcome.controller}:  {outcome.instance_hours:,.0f} instance-hours,  "
        f"{outcome.breach_minutes:,} min too few,  {outcome.reversals:,} reversals,  "
        f"{outcome.starts:,} starts,  {outcome.stops:,} stops"
    )
