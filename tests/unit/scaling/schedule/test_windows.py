"""The windows of schedules as the stack file writes them."""

from datetime import UTC, datetime

import pytest

from stackward.definition.schedule_reading import read
from stackward.scaling.schedule.windows import Flag, Window, windows


def schedule(data, timezone="Europe/Vienna"):
    found, mistakes = read(data, (), timezone)
    assert mistakes == []
    return found


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(data, first, last, timezone="Europe/Vienna"):
    found = windows([schedule(data, timezone)], utc(first), utc(last))
    return [(f"{item.start:%m-%d %H:%M}", f"{item.end:%m-%d %H:%M}") for item in found]


def test_a_weekday_window_opens_by_the_local_clock_before_and_after_the_change():
    assert opened({"daily": "08:00-20:00"}, "2026-03-28", "2026-03-30") == [
        ("03-28 07:00", "03-28 19:00"),
        ("03-29 06:00", "03-29 18:00"),
    ]


def test_a_window_that_begins_in_the_gap_opens_at_its_end():
    found = windows([schedule({"daily": "02:30-04:00"})], utc("2026-03-29"), utc("2026-03-30"))
    assert [(item.start, item.end) for item in found] == [(utc("2026-03-29T01:00"), utc("2026-03-29T02:00"))]
    assert found[0].flags == {Flag.DST_GAP, Flag.DST_DAY}


def test_a_window_in_the_repeated_hour_opens_once_from_the_first_to_the_second():
    found = windows([schedule({"daily": "02:15-02:45"})], utc("2026-10-25"), utc("2026-10-26"))
    assert [(item.start, item.end) for item in found] == [(utc("2026-10-25T00:15"), utc("2026-10-25T01:45"))]
    assert found[0].flags == {Flag.DST_FOLD, Flag.DST_DAY}


@pytest.mark.parametrize(("hours", "end"), [("02:15-02:45", "01:30"), ("02:00-03:00", "02:00")])
def test_a_window_that_the_clock_skips_altogether_opens_right_after_and_for_as_long(hours, end):
    found = windows([schedule({"daily": hours})], utc("2026-03-29"), utc("2026-03-29T12:00"))
    assert [(item.start, item.end) for item in found] == [(utc("2026-03-29T01:00"), utc(f"2026-03-29T{end}"))]
    assert found[0].flags == {Flag.DST_GAP, Flag.DST_DAY}


def test_a_window_of_a_day_that_the_clock_skips_does_not_open():
    assert opened({"daily": "08:00-20:00"}, "2011-12-30T10:00", "2011-12-31T10:00", "Pacific/Apia") == [
        ("12-30 18:00", "12-31 06:00")
    ]


@pytest.mark.parametrize("hours", [["08:00-12:00", "11:00-13:00"], ["08:00-13:00", "09:00-10:00"]])
@pytest.mark.parametrize("day", ["mon", "2026-01-05"])
def test_hours_of_a_day_that_overlap_are_one_window_and_flagged(day, hours):
    [found] = windows([schedule({day: hours}, "UTC")], utc("2026-01-05"), utc("2026-01-06"))
    assert (found.start, found.end, found.flags) == (utc("2026-01-05T08:00"), utc("2026-01-05T13:00"), {Flag.OVERLAP})


@pytest.mark.parametrize(
    ("timezone", "first", "last", "marked"),
    [("America/Santiago", "2026-09-05", "2026-09-08", "09-06"), ("America/Nuuk", "2026-03-27", "2026-03-30", "03-28")],
)
def test_the_day_whose_midnight_or_last_hour_is_skipped_is_the_one_that_is_marked(timezone, first, last, marked):
    found = windows([schedule({"daily": "08:00-20:00"}, timezone)], utc(first), utc(last))
    assert [f"{item.start:%m-%d}" for item in found if Flag.DST_DAY in item.flags] == [marked]


def test_several_windows_a_day_and_one_past_midnight():
    assert opened({"sat,sun": ["09:00-12:00", "22:00-02:00"]}, "2026-01-10", "2026-01-12T12:00", "UTC") == [
        ("01-10 09:00", "01-10 12:00"),
        ("01-10 22:00", "01-11 02:00"),
        ("01-11 09:00", "01-11 12:00"),
        ("01-11 22:00", "01-12 02:00"),
    ]


def test_windows_that_touch_at_midnight_are_one():
    assert opened({"mon": "20:00-24:00", "tue": "00:00-04:00"}, "2026-01-05", "2026-01-07", "UTC") == [
        ("01-05 20:00", "01-06 04:00")
    ]


def test_hours_that_overlap_across_midnight_are_one_window_and_flagged():
    found = windows([schedule({"mon": "20:00-04:00", "tue": "02:00-06:00"})], utc("2026-01-05"), utc("2026-01-07"))
    assert len(found) == 1
    assert found[0].flags == {Flag.OVERLAP}


def test_yearly_exceptions_and_single_dates_are_left_out():
    data = {"mon-fri": "08:00-20:00", "except": ["12-24..12-26", "2026-12-31"]}
    days = {start[:5] for start, _ in opened(data, "2026-12-21", "2027-01-02", "UTC")}
    assert days == {"12-21", "12-22", "12-23", "12-28", "12-29", "12-30", "01-01"}


def test_an_exception_takes_no_hours_of_a_window_that_began_before_it():
    data = {"daily": "22:00-02:00", "except": "01-06"}
    assert opened(data, "2026-01-05T12:00", "2026-01-08", "UTC") == [
        ("01-05 22:00", "01-06 02:00"),
        ("01-07 22:00", "01-08 02:00"),
    ]


def test_yearly_exceptions_go_over_new_year():
    data = {"daily": "08:00-09:00", "except": "12-30..01-02"}
    assert [start[:5] for start, _ in opened(data, "2026-12-29", "2027-01-04", "UTC")] == ["12-29", "01-03"]


def test_a_date_has_its_own_hours_instead_of_its_weekdays_also_within_an_exception():
    data = {"mon-fri": "08:00-20:00", "2026-12-24": "10:00-12:00", "except": "12-24..12-26"}
    assert opened(data, "2026-12-23T21:00", "2026-12-27", "UTC") == [("12-24 10:00", "12-24 12:00")]


def test_a_grid_is_read_in_utc_unless_it_says_otherwise():
    grid = {"monday": {"8": "on", "9": True, "10": False, "11": "on"}, "Sunday": {"23": "on"}}
    assert opened({"grid": grid}, "2026-01-04", "2026-01-06") == [
        ("01-04 23:00", "01-05 00:00"),
        ("01-05 08:00", "01-05 10:00"),
        ("01-05 11:00", "01-05 12:00"),
    ]
    assert opened({"grid": grid, "timezone": "Europe/Vienna"}, "2026-01-05", "2026-01-06")[0][0] == "01-05 07:00"


def test_whole_windows_are_told_wherever_the_range_cuts_them():
    assert opened({"mon": "08:00-20:00"}, "2026-01-05T10:00", "2026-01-05T11:00", "UTC") == [
        ("01-05 08:00", "01-05 20:00")
    ]


def test_a_window_of_weeks_is_found_whole():
    data = {"daily": "00:00-24:00", "except": ["2026-01-01", "2026-06-01"]}
    assert opened(data, "2026-03-01", "2026-03-02", "UTC") == [("01-02 00:00", "06-01 00:00")]


def test_what_never_closes_has_no_end():
    data = {"daily": "00:00-24:00"}
    assert windows([schedule(data, "UTC")], utc("2026-03-01"), utc("2026-03-02")) == (Window(None, None, "UTC"),)
    [since] = windows([schedule({**data, "except": "2026-01-01"}, "UTC")], utc("2026-03-01"), utc("2026-03-02"))
    assert (since.start, since.end) == (utc("2026-01-02"), None)


def test_a_window_between_two_leap_days_is_found_whole():
    data = {"daily": "00:00-24:00", "except": "02-29"}
    assert [
        (item.start, item.end) for item in windows([schedule(data, "UTC")], utc("2026-03-01"), utc("2026-03-02"))
    ] == [(utc("2024-03-01"), utc("2028-02-29"))]


def test_schedules_of_several_zones_are_united():
    found = windows(
        [schedule({"mon": "08:00-12:00"}, "Europe/Vienna"), schedule({"mon": "08:00-12:00"}, "Europe/London")],
        utc("2026-01-05"), utc("2026-01-06"),
    )  # fmt: skip
    assert [(item.start, item.end) for item in found] == [(utc("2026-01-05T07:00"), utc("2026-01-05T12:00"))]


def test_a_window_covers_its_first_moment_and_no_longer_its_last():
    window = Window(utc("2026-01-05T08:00"), utc("2026-01-05T20:00"), "UTC")
    covered = [window.covers(utc(f"2026-01-05T{time}")) for time in ("07:59:59", "08:00", "19:59:59", "20:00")]
    assert covered == [False, True, True, False]


@pytest.mark.parametrize(("start", "end"), [("2026-01-05", "2026-01-05"), ("2026-01-06", "2026-01-05")])
def test_an_empty_range_has_no_windows(start, end):
    assert windows([schedule({"daily": "00:00-24:00"})], utc(start), utc(end)) == ()
