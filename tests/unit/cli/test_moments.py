"""Times in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.cli.moments import ago, clock, span, taken

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.9, "59s"), (60, "1m00s"), (134, "2m14s"), (3600, "1h00m"), (11100, "3h05m"), (1_051_200, "12d4h")],
)
def test_a_span_in_its_two_largest_units(seconds, text):
    assert span(seconds) == span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(("seconds", "text"), [(5, "5s"), (65, "1m"), (7300, "2h"), (200_000, "2d")])
def test_how_long_ago(seconds, text):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


@given(st.integers(min_value=-10, max_value=10**9))
def test_nothing_is_ever_negative_or_long(seconds):
    assert not span(seconds).startswith("-")
    assert len(span(seconds)) <= 8
    assert len(ago(NOW - timedelta(seconds=min(seconds, 10**8)), NOW)) <= 5


def test_a_day_is_named_where_it_is_not_today():
    assert len(clock(NOW, NOW)) == len("12:00:00")
    assert clock(NOW - timedelta(days=3), NOW).startswith("2026-02-2")


def test_what_has_not_begun_took_nothing():
    assert taken(None, None, NOW) == ""
    assert taken(NOW - timedelta(seconds=4), None, NOW) == "4s"
    assert ago(None, NOW) == ""
