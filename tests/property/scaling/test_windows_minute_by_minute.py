"""Windows, held against somebody who does nothing but look at the clock on the wall, minute after minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stackward.definition.schedule import DAY, Dates, Hours, Schedule
from stackward.scaling.schedule.local_time import put_forward
from stackward.scaling.schedule.windows import windows

MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)
CHANGES = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "America/Santiago": [date(2026, 4, 4), date(2026, 9, 6)],
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 29)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "America/Nuuk": [date(2026, 3, 28), date(2026, 10, 24)],
    "Asia/Gaza": [date(2026, 3, 28), date(2026, 10, 24)],
    "Africa/Casablanca": [date(2026, 2, 15), date(2026, 3, 22)],
    "America/St_Johns": [date(2006, 4, 2), date(2006, 10, 29)],
    "Antarctica/Troll": [date(2026, 3, 29), date(2026, 10, 25)],
    "Pacific/Apia": [date(2011, 12, 30), date(2011, 9, 24)],
}
"""Zones, and days on which their clocks are changed: at night, at midnight, by half an hour, by two, by a whole day."""

zones_and_days = st.sampled_from([(zone, day) for zone, days in CHANGES.items() for day in days])
starts = (
    st.integers(0, DAY - 1)
    | st.integers(0, 48).map(lambda part: part * 5)
    | st.integers(264, 287).map(lambda part: part * 5)
)
lengths = st.integers(1, DAY - 1) | st.sampled_from([5, 15, 30, 60, 90, 120, 240])


@cache
def wall(timezone: str, around: date) -> tuple[tuple[datetime, datetime], ...]:
    """Each minute of some days in UTC, with what the clock on the wall shows."""
    first = datetime(around.year, around.month, around.day, tzinfo=UTC) - 5 * ONE_DAY
    minutes = [first + number * MINUTE for number in range(13 * DAY)]
    return tuple((moment, moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)) for moment in minutes)


@cache
def shown(timezone: str, around: date) -> tuple[dict[datetime, datetime], dict[datetime, datetime]]:
    """When the clock first shows a time or a later one, and when it shows it last, if it does."""
    first: dict[datetime, datetime] = {}
    last: dict[datetime, datetime] = {}
    time = wall(timezone, around)[0][1]
    for moment, now in wall(timezone, around):
        last[now] = moment
        while time <= now:
            first[time] = moment
            time += MINUTE
    return first, last


def opened(timezone: str, around: date, day: date, hours: Hours) -> tuple[datetime, datetime] | None:
    """From when to when hours of a day are wanted; None where they are of a day that there is not."""
    first, last = shown(timezone, around)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  what a clock on a wall shows
    start, end = midnight + hours.start * MINUTE, midnight + hours.end * MINUTE
    opening, closing = first[start], last.get(end, first[end])
    if closing > opening:
        return opening, closing
    if not any(midnight + minute * MINUTE in last for minute in range(DAY)):
        return None
    return opening, opening + (end - start)


def merged(found):
    together = []
    for start, end in sorted(found):
        if together and start <= together[-1][1]:
            together[-1] = (together[-1][0], max(end, together[-1][1]))
        else:
            together.append((start, end))
    return together


@settings(max_examples=300, deadline=None)
@given(zones_and_days, starts, lengths, st.integers(-1, 1))
@example(("Europe/Berlin", date(2026, 3, 29)), 135, 30, 0)
@example(("Europe/Berlin", date(2026, 3, 29)), 120, 60, 0)
@example(("Europe/Berlin", date(2026, 10, 25)), 135, 30, 0)
@example(("America/Santiago", date(2026, 9, 6)), 0, 60, 0)
@example(("Pacific/Apia", date(2011, 12, 30)), 480, 720, 0)
def test_hours_of_a_day_open_once_from_the_first_moment_of_the_clock_to_the_last(place, start, length, days_on):
    """I14."""
    timezone, around = place
    day, hours = around + days_on * ONE_DAY, Hours(start, start + length)
    only = Schedule(timezone, dated=((Dates(day, day), (hours,)),))
    clock = wall(timezone, around)
    found = windows([only], clock[0][0], clock[-1][0])
    expected = opened(timezone, around, day, hours)
    assert [(window.start, window.end) for window in found] == ([] if expected is None else [expected])


@settings(max_examples=100, deadline=None)
@given(zones_and_days, st.lists(st.tuples(starts, lengths), min_size=1, max_size=4))
def test_hours_of_every_day_are_the_union_of_those_of_each(place, parts):
    timezone, around = place
    daily = tuple(sorted({Hours(start, start + length) for start, length in parts}))
    clock = wall(timezone, around)
    first, last = clock[3 * DAY][0], clock[8 * DAY][0]
    found = windows([Schedule(timezone, (daily,) * 7)], first, last)
    days = [around + timedelta(days=number) for number in range(-4, 5)]
    each = [opened(timezone, around, day, hours) for day in days for hours in daily]
    expected = merged(item for item in each if item is not None)
    for minute in range(3 * DAY, 8 * DAY, 5):
        moment = clock[minute][0]
        assert any(window.covers(moment) for window in found) == any(
            start <= moment < end for start, end in expected
        ), moment


@given(st.sampled_from(sorted(CHANGES)), st.data())
@settings(max_examples=60, deadline=None)
def test_a_day_is_marked_where_its_clock_jumps(timezone, data):
    around = data.draw(st.sampled_from(CHANGES[timezone]))
    jumping = {}
    for (_, before), (_, after) in pairwise(wall(timezone, around)):
        if after - before != MINUTE:
            # What is skipped belongs to the day that lacks it, what comes twice to the day that goes on.
            jumping[(before + MINUTE).date() if after > before else before.date()] = (after - before) // MINUTE - 1
    for days in range(-2, 3):
        day = around + days * ONE_DAY
        assert put_forward(day, ZoneInfo(timezone)) == jumping.get(day, 0), day
