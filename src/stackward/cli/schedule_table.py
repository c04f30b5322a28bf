"""Schedules as a table: a day a line, with its hours and what is unusual about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from stackward.cli.schedule_preview import Preview
from stackward.definition.schedule import DAY
from stackward.scaling.schedule.calendar import CalendarDay, Piece
from stackward.scaling.schedule.windows import Flag

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def tables(previews: Sequence[Preview]) -> Iterator[RenderableType]:
    """Yield a heading and a table for each instance."""
    if not previews:
        yield "There is no time-based instance."
    for position, item in enumerate(previews):
        if position:
            yield ""
        yield Text.assemble((item.instance, "bold"), f"  {item.timezone}, by {', '.join(item.sources)}")
        yield _table(item)


def _table(item: Preview) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("DAY", no_wrap=True)
    table.add_column("WANTED")
    table.add_column("MARKS", ratio=1)
    for day in item.days:
        marks = tuple(_marks(day))
        weekday = _WEEKDAYS[day.day.weekday()]
        table.add_row(
            Text(f"{weekday} {day.day}", style="dim" if day.day.weekday() > 4 else ""),
            Text(", ".join(map(hours_of, day.joined)) or "-", style="green" if day.pieces else "dim"),
            Text("; ".join(marks), style="yellow"),
        )
    return table


def hours_of(piece: Piece) -> str:
    """Return a piece as 08:00-20:00; an open side where it goes on to another day."""
    start = "" if piece.before else clock(piece.start)
    end = "" if piece.after else clock(piece.end)
    return f"{start}-{end}" if start or end else "all day"


def clock(minutes: int) -> str:
    """Return minutes after midnight as 08:00."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}" if minutes != DAY else "24:00"


def _marks(day: CalendarDay) -> Iterator[str]:
    if day.change:
        yield f"DST: the clock goes {'forward' if day.change > 0 else 'back'} {clock(abs(day.change))}"
    flags = {flag for piece in day.pieces for flag in piece.window.flags}
    if Flag.DST_GAP in flags and day.change > 0 and not day.skipped:
        yield "gap: an edge lies in the time that is skipped, and is moved to its end"
    if Flag.DST_FOLD in flags and day.change < 0:
        lasting = sum(piece.end - piece.start for piece in day.pieces if Flag.DST_FOLD in piece.window.flags)
        yield f"fold: an edge lies in the time that comes twice, so that it is wanted for {clock(lasting)}"
    for hours in day.skipped:
        yield f"gap: {hours} is skipped as a whole" + ("" if day.change >= DAY else ", and is wanted right after it")
    if Flag.OVERLAP in flags:
        yield "overlap"
    if day.excepted is not None:
        yield f"except {day.excepted}"
