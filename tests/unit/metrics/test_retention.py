from datetime import UTC, datetime, timedelta

from stackward.metrics.retention import TIERS, Point, most_points, thinned

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_last_hours_are_kept_as_they_are():
    points = tuple(Point(NOW - timedelta(minutes=minute), minute, minute) for minute in range(5 * 60, 0, -1))
    assert thinned(points, NOW) == points


def test_what_is_older_becomes_means_of_five_minutes_with_their_highest():
    begin = NOW - timedelta(days=1)
    points = [Point(begin + timedelta(minutes=minute), value, value) for minute, value in enumerate((1, 2, 3, 4, 90))]
    assert thinned(points, NOW) == (Point(begin, 20, 90, 5),)


def test_means_are_weighed_by_what_they_stand_for():
    begin = NOW - timedelta(days=30)
    points = [Point(begin, 10, 20, 9), Point(begin + timedelta(minutes=5), 20, 20, 1)]
    assert thinned(points, NOW) == (Point(begin, 11, 20, 10),)


def test_what_is_too_old_or_no_number_or_not_yet_is_left_out():
    points = [
        Point(NOW - timedelta(days=100), 1, 1),
        Point(NOW - timedelta(minutes=1), float("nan"), 1),
        Point(NOW - timedelta(minutes=1), 1, float("inf")),
        Point(NOW + timedelta(seconds=1), 1, 1),
    ]
    assert thinned(points, NOW) == ()


def test_three_months_of_minutes_are_some_thousand_points():
    points = (Point(NOW - timedelta(minutes=minute), 1, 1) for minute in range(100 * 24 * 60))
    found = thinned(points, NOW)
    assert 360 + 1944 + 1992 <= len(found) <= most_points() < 5000
    assert sum(tier.keep // tier.step for tier in TIERS) == 360 + 2016 + 2160
