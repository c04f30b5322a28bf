"""Windows: the absolute intervals during which one or several schedules want something.

They are levels and not events. Whoever asks at any moment, for any range, gets the same windows; nothing is
remembered, and nothing is lost by not asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from stackward.definition.schedule import DAY, Schedule
from stackward.scaling.schedule.local_time import at, hours_at, put_forward, zone

_DAY = timedelta(days=1)
_WEEKS = timedelta(weeks=3)
"""A week of one zone without dates of its own that is not closed in this time never is."""

_YEARS = timedelta(days=9 * 366)
"""Every day of the year, also 29 February, comes at least once in this time."""


class Flag(Enum):
    """Something about a window that a person should know."""

    DST_GAP = "dst_gap"
    """It begins or ends at a time that the clock skips on that day, so at the first moment after, or lies in it."""
    DST_FOLD = "dst_fold"
    """It begins or ends at a time that the clock shows twice on that day."""
    DST_DAY = "dst_day"
    """The clock is changed on a day of it."""
    OVERLAP = "overlap"
    """It was made of hours of one schedule that overlap, or do where the clock skips some of them."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until just before `end`, both in UTC; None where it has never begun, or never ends.

    For schedules of several time zones None means: not within nine years. Who changes clocks when is not known beyond.
    """

    start: datetime | None
    end: datetime | None
    timezone: str
    flags: frozenset[Flag] = frozenset()

    def covers(self, moment: datetime) -> bool:
        """Whether the window is open at a moment."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A window, or a part of one, both of whose ends have been looked at."""

    start: datetime
    end: datetime
    timezone: str
    flags: frozenset[Flag]


def windows(schedules: Sequence[Schedule], start: datetime, end: datetime) -> tuple[Window, ...]:
    """The windows that have a part in `start` (in it) to `end` (not in it), whole, sorted and apart from each other.

    Those of several schedules are united. A window has the time zone of the schedule that opens it.
    """
    if not schedules or start >= end:
        return ()
    reach_back, reach_on = _reach(schedules, start, end)
    first, last = start - 2 * _DAY, end + 2 * _DAY
    step = 2 * _DAY
    while True:
        found = [item for item in _between(schedules, first, last) if item.end > start and item.start < end]
        open_before = bool(found) and _may_begin_before(found[0], schedules, first)
        open_after = bool(found) and _may_end_after(found[-1], schedules, last)
        go_back, go_on = open_before and first > reach_back, open_after and last < reach_on
        if not go_back and not go_on:
            break
        step *= 2
        first, last = first - step if go_back else first, last + step if go_on else last
    shown = [Window(item.start, item.end, item.timezone, item.flags) for item in found]
    if open_before:
        shown[0] = replace(shown[0], start=None, flags=frozenset())
    if open_after:
        shown[-1] = replace(shown[-1], end=None, flags=frozenset())
    return tuple(shown)


def wanted_at(schedules: Iterable[Schedule], moment: datetime) -> bool:
    """Whether one of the schedules wants something at a moment: windows, point by point."""
    return any(
        item.start <= moment < item.end
        for each in schedules
        for item in _days(each, moment - 2 * _DAY, moment + 2 * _DAY)
    )


def _between(schedules: Sequence[Schedule], start: datetime, end: datetime) -> Iterator[_Stretch]:
    """Yield the windows of all schedules together. Only hours of one and the same schedule can overlap by mistake."""
    if len(schedules) == 1:
        return _merged(_days(schedules[0], start, end), frozenset({Flag.OVERLAP}))
    return _merged((item for each in schedules for item in _between([each], start, end)), frozenset())


def _days(schedule: Schedule, start: datetime, end: datetime) -> Iterator[_Stretch]:
    """Yield the hours that begin on the local days of `start` to `end`, one stretch each."""
    timezone = zone(schedule.timezone)
    day, last = start.astimezone(timezone).date(), end.astimezone(timezone).date()
    while day <= last:
        for hours in schedule.hours_on(day):
            found = hours_at(day, hours, timezone)
            if found is None:
                continue
            opening, closing = found
            flags = {Flag.DST_GAP} if opening.gap or closing.gap else set()
            flags |= {Flag.DST_FOLD} if opening.fold or closing.fold else set()
            if put_forward(day, timezone) or (hours.end > DAY and put_forward(day + _DAY, timezone)):
                flags.add(Flag.DST_DAY)
            yield _Stretch(opening.utc, closing.utc, schedule.timezone, frozenset(flags))
        day += _DAY


def _merged(found: Iterable[_Stretch], overlap: frozenset[Flag]) -> Iterator[_Stretch]:
    """Yield stretches sorted; those that touch become one, and those that overlap one with that flag."""
    current: _Stretch | None = None
    for item in sorted(found, key=lambda item: (item.start, item.end)):
        if current is None or item.start > current.end:
            if current is not None:
                yield current
            current = item
            continue
        flags = current.flags | item.flags | (overlap if item.start < current.end else frozenset())
        current = replace(current, end=max(current.end, item.end), flags=flags)
    if current is not None:
        yield current


def _may_begin_before(found: _Stretch, schedules: Sequence[Schedule], first: datetime) -> bool:
    """Whether hours of days before those that were looked at may reach what was found."""
    return any(found.start <= at(_local(each, first), DAY, zone(each.timezone), last=True).utc for each in schedules)


def _may_end_after(found: _Stretch, schedules: Sequence[Schedule], last: datetime) -> bool:
    """Whether what was found may reach hours of days after those that were looked at."""
    return any(found.end >= at(_local(each, last), DAY, zone(each.timezone), last=False).utc for each in schedules)


def _local(schedule: Schedule, moment: datetime) -> date:
    return moment.astimezone(zone(schedule.timezone)).date()


def _reach(schedules: Sequence[Schedule], start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """How far to look for the edges of windows: beyond it, what has not ended never does."""
    dates = [dates for each in schedules for dates in (*each.excepted, *(own for own, _ in each.dated))]
    zones = {each.timezone for each in schedules}
    # Zones that change their clocks on different days leave openings between them only in parts of a year.
    far = _YEARS if len(zones) > 1 or any(each.yearly for each in dates) else _WEEKS
    own = [
        datetime(day.year, day.month, day.day, tzinfo=UTC)
        for each in dates
        if not each.yearly
        for day in (each.first, each.last)
    ]
    return min([start, *own]) - far, max([end, *own]) + far
