from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.metrics.retention import Point, Tier, most_points, thinned

NOW = datetime(2026, 3, 2, 12, 34, 56, tzinfo=UTC)
TIERS = (
    Tier(timedelta(minutes=1), timedelta(minutes=10)),
    Tier(timedelta(minutes=5), timedelta(minutes=60)),
    Tier(timedelta(minutes=15), timedelta(minutes=300)),
)
values = st.floats(-1e6, 1e6)
points = st.lists(
    st.builds(
        lambda seconds, value: Point(NOW - timedelta(seconds=seconds), value, value), st.integers(-500, 25_000), values
    ),
    max_size=80,
)


def alike(found, expected):
    assert [(point.at, point.count, point.highest) for point in found] == [
        (point.at, point.count, point.highest) for point in expected
    ]
    assert [point.mean for point in found] == pytest.approx([point.mean for point in expected], rel=1e-9, abs=1e-3)


@given(points)
def test_to_thin_twice_is_to_thin_once(its):
    once = thinned(its, NOW, TIERS)
    alike(thinned(once, NOW, TIERS), once)
    assert list(once) == sorted(once, key=lambda point: point.at)


@given(points, st.lists(st.integers(0, 20_000), max_size=4))
def test_how_often_it_was_thinned_before_makes_no_difference(its, moments):
    its = [point for point in its if point.at <= NOW - timedelta(seconds=20_000)]
    kept = tuple(its)
    for moment in sorted(moments):
        kept = thinned(kept, NOW - timedelta(seconds=20_000 - moment), TIERS)
    alike(thinned(kept, NOW, TIERS), thinned(its, NOW, TIERS))


@given(points)
def test_no_value_within_the_last_tier_is_lost_and_the_number_of_points_is_bounded(its):
    found = thinned(its, NOW, TIERS)
    young = [point for point in its if NOW - timedelta(minutes=300) <= point.at <= NOW]
    assert sum(point.count for point in found) >= len(young)
    assert len(found) <= most_points(TIERS)
