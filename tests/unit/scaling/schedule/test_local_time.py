"""Local times as moments, on the days on which clocks are changed."""

from datetime import UTC, date, datetime

import pytest

from stackward.scaling.schedule.local_time import at, put_forward, zone

VIENNA = zone("Europe/Vienna")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def moment(day, clock, *, last=False, timezone=VIENNA):
    hours, minutes = map(int, clock.split(":"))
    return at(day, hours * 60 + minutes, timezone, last=last)


@pytest.mark.parametrize("last", [False, True])
def test_a_skipped_time_is_the_first_moment_after_the_change(last):
    found = moment(SPRING, "02:30", last=last)
    assert found.utc == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert (found.gap, found.fold) == (True, False)


def test_a_time_that_comes_twice_is_the_first_to_begin_and_the_second_to_end():
    assert moment(AUTUMN, "02:30").utc == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment(AUTUMN, "02:30", last=True).utc == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert moment(AUTUMN, "02:30").fold
    assert not moment(AUTUMN, "03:30").fold


def test_times_beside_a_change_are_plain():
    assert moment(SPRING, "01:59").utc == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert moment(SPRING, "03:00").utc == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert not moment(SPRING, "03:00").gap


def test_minutes_beyond_a_day_are_of_the_next_by_the_clock():
    assert moment(date(2026, 3, 28), "26:30").utc == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_whole_day_that_never_was_is_its_first_moment_after():
    apia = zone("Pacific/Apia")
    found = moment(date(2011, 12, 30), "12:00", timezone=apia)
    assert found.utc.astimezone(apia) == datetime(2011, 12, 31, tzinfo=apia)


def test_half_an_hour_of_change_is_found_exactly():
    found = moment(date(2026, 10, 4), "02:10", timezone=zone("Australia/Lord_Howe"))
    assert found.utc == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "timezone", "minutes"),
    [
        (SPRING, "Europe/Vienna", 60),
        (AUTUMN, "Europe/Vienna", -60),
        (date(2026, 3, 28), "Europe/Vienna", 0),
        (date(2026, 10, 4), "Australia/Lord_Howe", 30),
        (date(2026, 9, 6), "America/Santiago", 60),  # its midnight is skipped
        (date(2026, 9, 5), "America/Santiago", 0),
        (date(2026, 3, 28), "America/Nuuk", 60),  # its last hour is skipped
        (date(2026, 3, 29), "America/Nuuk", 0),
        (date(2011, 12, 30), "Pacific/Apia", 24 * 60),
        (date(2011, 12, 29), "Pacific/Apia", 0),
    ],
)
def test_days_of_a_change_are_known(day, timezone, minutes):
    assert put_forward(day, zone(timezone)) == minutes
