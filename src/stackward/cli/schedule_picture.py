"""Schedules as a calendar: a column a day, the hours from top to bottom, a panel for each instance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from stackward.cli.schedule_preview import Preview
from stackward.cli.schedule_table import hours_of
from stackward.definition.schedule import DAY
from stackward.errors import StackwardError
from stackward.scaling.schedule.calendar import CalendarDay, Piece
from stackward.scaling.schedule.windows import Flag

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WANTED, _OVERLAP, _CHANGED, _EXCEPTED, _WEEKEND = "#3b76b8", "#1f3f66", "#f6c453", "#e3e3e3", "#f5f5f7"
_INK, _FAINT = "#222222", "#8a8a8a"
_WORDED = 16
"""Up to this many days each column is named, and each piece says its hours."""
_NAMED = 62
"""Up to this many days each Monday is named; beyond it, the months."""
_LINE = 75
"""Minutes of a day that a line of text is high."""
_MOST = 40
"""Panels of one picture."""
_HEIGHT, _HEADER, _FOOTER = 2.9, 1.0, 0.7
"""Inches: of a panel, and around all of them."""


def draw(previews: Sequence[Preview], first: date, last: date, file: Path) -> None:
    """Draw the instances from one day to another, both included, into an SVG or PNG file.

    Raises StackwardError where matplotlib is not installed, or there is nothing or too much to draw.
    """
    if not previews:
        raise StackwardError("There is no time-based instance to draw.")
    if len(previews) > _MOST:
        raise StackwardError(f"{len(previews)} instances are too many for one picture; name some with --instance.")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise StackwardError(
            "A picture needs matplotlib, which is not installed. Install it: pip install 'stackward[pictures]'"
        ) from None
    days = (last - first).days + 1
    height = len(previews) * _HEIGHT + _HEADER + _FOOTER
    figure = Figure(figsize=(min(16.0, max(8.0, 1.1 * days)), height), layout=None)
    figure.patch.set_facecolor("white")
    panels = figure.subplots(len(previews), 1, squeeze=False)[:, 0]
    for panel, preview in zip(panels, previews, strict=True):
        _panel(panel, preview, days)
    left = 0.62 / figure.get_figwidth()
    figure.subplots_adjust(left=left, right=1 - left / 2, top=1 - _HEADER / height, bottom=_FOOTER / height, hspace=0.6)
    _legend(figure, height)
    figure.savefig(file, dpi=110)


def _panel(panel: Axes, preview: Preview, days: int) -> None:
    panel.set_xlim(0, days)
    panel.set_ylim(DAY, 0)
    panel.set_yticks(range(0, DAY + 1, 6 * 60), labels=[f"{hour:02d}:00" for hour in range(0, 25, 6)])
    panel.tick_params(axis="both", length=0, labelsize=8, labelcolor=_FAINT)
    panel.xaxis.tick_top()
    panel.set_title(preview.instance, loc="left", fontsize=11, fontweight="bold", color=_INK, pad=30)
    panel.set_title(
        f"{preview.timezone}, by {', '.join(preview.sources)}", loc="right", fontsize=8, color=_FAINT, pad=30
    )
    for side in panel.spines.values():
        side.set_visible(False)
    for column, day in enumerate(preview.days):
        _column(panel, column, day, worded=days <= _WORDED, gap=0.06 if days <= _NAMED else 0.0)
    for hour in range(0, 25, 6):
        panel.axhline(hour * 60, color="#dddddd", linewidth=0.6, zorder=1)
    _name_columns(panel, preview.days)


def _column(panel: Axes, column: int, day: CalendarDay, *, worded: bool, gap: float) -> None:
    if day.day.weekday() > 4:
        panel.axvspan(column, column + 1, color=_WEEKEND, linewidth=0, zorder=0)
    if day.excepted is not None:
        panel.axvspan(column, column + 1, facecolor=_EXCEPTED, edgecolor="#c4c4c4", hatch="////", linewidth=0, zorder=0)
        if worded:
            _say(panel, column + 0.5, DAY / 2, f"except\n{day.excepted}", _INK)
    if day.change:
        panel.axvspan(column, column + 1, color=_CHANGED, alpha=0.55, linewidth=0, zorder=0.5)
    for piece, following in zip_longest(day.joined, day.joined[1:]):
        below = (following.start if following is not None else DAY + _LINE) - piece.end
        _piece(panel, column, piece, worded=worded and (below >= _LINE or not _low(piece)), gap=gap)


def _piece(panel: Axes, column: int, piece: Piece, *, worded: bool, gap: float) -> None:
    colour = _OVERLAP if Flag.OVERLAP in piece.window.flags else _WANTED
    panel.bar(
        column + 0.5, piece.end - piece.start, width=1 - 2 * gap, bottom=piece.start, color=colour, alpha=0.92, zorder=2
    )
    if worded:
        low = _low(piece)
        middle = piece.end + 42 if low else (piece.start + piece.end) / 2
        _say(panel, column + 0.5, middle, hours_of(piece).replace("-", "–"), _INK if low else "white")


def _low(piece: Piece) -> bool:
    """Whether its hours do not fit into it and are written below it."""
    return piece.end - piece.start < _LINE


def _say(panel: Axes, x: float, y: float, text: str, colour: str) -> None:
    panel.text(x, y, text, ha="center", va="center", fontsize=7, color=colour, zorder=3)


def _name_columns(panel: Axes, days: Sequence[CalendarDay]) -> None:
    if len(days) <= _WORDED:
        panel.set_xticks([column + 0.5 for column in range(len(days))], labels=[_name(day) for day in days])
        for column in range(1, len(days)):
            panel.axvline(column, color="#eeeeee", linewidth=0.8, zorder=1)
        return
    monthly = len(days) > _NAMED
    starts = [column for column, day in enumerate(days) if (day.day.day == 1 if monthly else day.day.weekday() == 0)]
    written = "%b\n%Y" if monthly else "Mon\n%d %b"
    panel.set_xticks(starts, labels=[days[column].day.strftime(written) for column in starts], ha="left")
    for column in starts:
        panel.axvline(column, color="#cccccc", linewidth=0.7, zorder=1)


def _name(day: CalendarDay) -> str:
    name = f"{day.day:%a}\n{day.day:%d %b}"
    return f"{name}, clock {'+' if day.change > 0 else '−'}{abs(day.change) / 60:g} h" if day.change else name


def _legend(figure: Figure, height: float) -> None:
    from matplotlib.patches import Patch

    figure.legend(
        handles=[
            Patch(facecolor=_WANTED, label="wanted"),
            Patch(facecolor=_OVERLAP, label="wanted, from hours that overlap"),
            Patch(facecolor=_EXCEPTED, edgecolor="#c4c4c4", hatch="////", label="exception"),
            Patch(facecolor=_CHANGED, alpha=0.55, label="the clock is changed"),
        ],
        loc="lower center",
        bbox_to_anchor=(0.5, 0.12 / height),
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=_INK,
    )
