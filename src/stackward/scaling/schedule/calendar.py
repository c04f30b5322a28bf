"""The days of a calendar as a person sees them: what is open by the clock on the wall, and what is unusual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from stackward.definition.schedule import DAY, Dates, Hours
from stackward.scaling.schedule.applied import Applied
from stackward.scaling.schedule.local_time import at, put_forward, zone
from stackward.scaling.schedule.windows import Window, windows

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a window on one day, in minutes of the clock after midnight.

    `before` and `after` say that the window goes on beyond the day.
    """

    start: int
    end: int
    window: Window
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One local day. `change` is by how many minutes the clock is put forward (or back, below 0) on it.

    `excepted` takes the hours of the day away. `skipped` are hours that the clock leaves out as a whole.
    """

    day: date
    pieces: tuple[Piece, ...]
    change: int
    excepted: Dates | None
    skipped: tuple[Hours, ...]

    @property
    def joined(self) -> tuple[Piece, ...]:
        """The pieces, those of one window together: from where the clock stands first to where it stands last."""
        found: list[Piece] = []
        for piece in self.pieces:
            if found and found[-1].window == piece.window and piece.end > found[-1].start:
                piece = replace(found.pop(), end=piece.end, after=piece.after)
            found.append(piece)
        return tuple(found)


def calendar_days(schedules: Sequence[Applied], first: date, last: date) -> Iterator[CalendarDay]:
    """Yield the days from `first` to `last`, both too, by the clock of the first schedule's zone."""
    timezone = zone(schedules[0].schedule.timezone)
    found = windows([item.schedule for item in schedules], *span(timezone, first, last))
    day = first
    while day <= last:
        start, end = span(timezone, day, day)
        pieces = [
            piece
            for window in found
            if (window.start is None or window.start < end) and (window.end is None or window.end > start)
            for piece in _pieces(window, start, end, timezone)
        ]
        exceptions = [item.schedule.exception_on(day) for item in schedules]
        yield CalendarDay(
            day=day,
            pieces=tuple(pieces),
            change=put_forward(day, timezone),
            excepted=exceptions[0] if all(exceptions) else None,
            skipped=tuple(hours for item in schedules for hours in _skipped(item, day)),
        )
        day += timedelta(days=1)


def span(timezone: ZoneInfo, first: date, last: date) -> tuple[datetime, datetime]:
    """The moments, in UTC, at which a range of local days begins and has ended."""
    return at(first, 0, timezone, last=False).utc, at(last, DAY, timezone, last=False).utc


def _pieces(window: Window, start: datetime, end: datetime, timezone: ZoneInfo) -> Iterator[Piece]:
    """Yield the part of a window on one day, cut in two where the clock is changed within it."""
    first = start if window.start is None else max(start, window.start)
    last = end if window.end is None else min(end, window.end)
    before, after = window.start is None or window.start < start, window.end is None or window.end > end
    cut = _cut(first, last, timezone)
    if cut is None:
        yield Piece(_minutes(first, timezone), _end(last, first, timezone), window, before, after)
        return
    yield Piece(_minutes(first, timezone), _end(cut, first, timezone), window, before, False)
    yield Piece(_minutes(cut, timezone), _end(last, cut, timezone), window, False, after)


def _minutes(moment: datetime, timezone: ZoneInfo) -> int:
    local = moment.astimezone(timezone)
    return local.hour * 60 + local.minute


def _end(moment: datetime, since: datetime, timezone: ZoneInfo) -> int:
    """The clock's minutes at the end of a piece that no change of the clock lies in."""
    return _minutes(since, timezone) + (moment - since) // _MINUTE


def _cut(first: datetime, last: datetime, timezone: ZoneInfo) -> datetime | None:
    """The minute of a change of the clock between two moments of a day."""
    old = first.astimezone(timezone).utcoffset()
    if (last - _MINUTE).astimezone(timezone).utcoffset() == old:
        return None
    while last - first > _MINUTE:
        middle = first + ((last - first) / 2 // _MINUTE) * _MINUTE
        if middle.astimezone(timezone).utcoffset() == old:
            first = middle
        else:
            last = middle
    return last


def _skipped(item: Applied, day: date) -> Iterator[Hours]:
    timezone = zone(item.schedule.timezone)
    for hours in item.schedule.hours_on(day):
        if at(day, hours.start, timezone, last=False).utc >= at(day, hours.end, timezone, last=True).utc:
            yield hours
