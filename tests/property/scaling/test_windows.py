"""What holds of the windows of any schedules, in any zone and year, whenever one asks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

from hypothesis import example, given
from hypothesis import strategies as st

from stackward.definition.schedule import DAY, Dates, Hours, Schedule
from stackward.scaling.schedule.local_time import zone
from stackward.scaling.schedule.windows import wanted_at, windows

CHANGING = ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca"]
SHIFTING = ["Pacific/Apia", "Pacific/Kwajalein", "America/Sao_Paulo", "Asia/Tehran", "Antarctica/Troll"]
zones = st.sampled_from([*CHANGING, *SHIFTING, "UTC"]) | st.sampled_from(sorted(available_timezones()))
days = st.dates(date(1990, 1, 1), date(2060, 12, 31)) | st.sampled_from(
    [date(2026, 3, 29), date(2026, 10, 25), date(2011, 12, 30), date(2024, 2, 29), date(1993, 8, 21)]
)
minutes = st.integers(0, DAY - 1) | st.sampled_from([0, 60, 120, 150, 180])


@st.composite
def hours(draw):
    start = draw(minutes)
    return Hours(start, start + draw(st.integers(1, DAY - 1) | st.sampled_from([30, 60, 90])))


@st.composite
def dates(draw):
    if draw(st.booleans()):
        return Dates(draw(days).replace(year=2000), draw(days).replace(year=2000), yearly=True)
    first = draw(days)
    return Dates(first, first + timedelta(days=draw(st.integers(0, 20))))


some_hours = st.lists(hours(), max_size=3).map(tuple)
whole_day = st.just((Hours(0, DAY),))
schedules = st.builds(
    Schedule,
    timezone=zones,
    weekly=st.tuples(*[some_hours | whole_day] * 7),
    dated=st.lists(st.tuples(dates(), st.lists(hours(), min_size=1, max_size=2).map(tuple)), max_size=2).map(tuple),
    excepted=st.lists(dates(), max_size=3).map(tuple),
)
some = st.lists(schedules, min_size=1, max_size=3)
moments = st.builds(
    lambda day, minute: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute), days, minutes
)
ranges = st.tuples(moments, st.integers(1, 10 * DAY)).map(lambda pair: (pair[0], pair[0] + timedelta(minutes=pair[1])))
VIENNESE_NIGHTS = [Schedule("Europe/Vienna", ((Hours(150, 240),),) * 7)]
AUTUMN = datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC)


@given(some, ranges)
@example(VIENNESE_NIGHTS, AUTUMN)
def test_windows_are_sorted_apart_and_end_after_they_start(wanted, between):
    found = windows(wanted, *between)
    for window in found:
        assert window.start is None or window.end is None or window.start < window.end
        assert window.start is None or window.start < between[1]
        assert window.end is None or window.end > between[0]
    for earlier, later in pairwise(found):
        assert earlier.end is not None
        assert later.start is not None
        assert earlier.end < later.start


@given(some, ranges, st.lists(st.integers(0, 10 * DAY), max_size=20))
@example(VIENNESE_NIGHTS, AUTUMN, list(range(0, 3 * DAY, 7)))
def test_the_union_of_windows_is_the_level_at_each_point(wanted, between, offsets):
    found = windows(wanted, *between)
    edges = [edge for window in found for edge in (window.start, window.end) if edge is not None]
    points = [between[0] + timedelta(minutes=offset) for offset in offsets]
    points += [edge + step for edge in edges for step in (timedelta(0), -timedelta(seconds=1), timedelta(seconds=1))]
    for point in points:
        if between[0] <= point < between[1]:
            assert any(window.covers(point) for window in found) == wanted_at(wanted, point), point


SUMMERS = [
    Schedule("Europe/Vienna", ((Hours(0, DAY),),) * 6 + ((Hours(0, 120),),)),
    Schedule("UTC", ((),) * 6 + ((Hours(0, DAY),),)),
]
"""Open without an end in summer; in winter there is an hour on Sundays that neither of the two opens."""


def far_off(wanted, *found):
    """Whether windows go on for years because of several zones: how far these are looked at depends on the range."""
    unended = any(window.start is None or window.end is None for window in found)
    return unended and len({each.timezone for each in wanted}) > 1


@given(some, ranges, st.integers(0, 10 * DAY), st.integers(1, 10 * DAY))
@example(SUMMERS, AUTUMN, 0, 60)
def test_a_part_of_a_range_has_the_same_windows(wanted, between, skipped, length):
    start = between[0] + timedelta(minutes=skipped)
    end = min(start + timedelta(minutes=length), between[1])
    if start >= end:
        return
    whole = windows(wanted, *between)
    part = windows(wanted, start, end)
    if far_off(wanted, *whole, *part):
        return
    assert part == tuple(
        window
        for window in whole
        if (window.start is None or window.start < end) and (window.end is None or window.end > start)
    )


@given(some, moments)
def test_neighbouring_looks_see_the_same_window(wanted, moment):
    """I14. Whoever looks at any moment inside a window sees the same beginning and end: it opens once."""
    [window] = windows(wanted, moment, moment + timedelta(seconds=1)) or [None]
    if window is None:
        return
    for edge in (window.start, window.end and window.end - timedelta(seconds=1)):
        if edge is not None:
            seen = windows(wanted, edge, edge + timedelta(seconds=1))
            assert seen == (window,) or far_off(wanted, window, *seen)


@given(zones, hours(), days)
def test_plain_hours_open_once_on_each_day_of_the_clock(timezone, part, day):
    """I14. Also on days with a change of the clock, except where it skips all of the hours."""
    only = Schedule(timezone, dated=((Dates(day, day), (part,)),))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = windows([only], start - timedelta(days=3), start + timedelta(days=4))
    assert len(found) <= 1
    for window in found:
        for edge, minute in ((window.start, part.start), (window.end, part.end)):
            local = edge.astimezone(zone(timezone)).replace(tzinfo=None)
            written = start.replace(tzinfo=None) + timedelta(minutes=minute)
            assert local >= written
            if not any(flag.value == "dst_gap" for flag in window.flags):
                assert local == written
