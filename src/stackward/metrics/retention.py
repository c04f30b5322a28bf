"""What is kept of a metric of an instance: every value for hours, then means, never more than so many."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Point:
    """The mean and the highest of `count` values that were measured from `at` on, until the next point."""

    at: datetime
    mean: float
    highest: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Tier:
    """Points of this step are kept until they are so old. Each step is a multiple of the one before."""

    step: timedelta
    keep: timedelta


TIERS = (
    Tier(timedelta(minutes=1), timedelta(hours=6)),
    Tier(timedelta(minutes=5), timedelta(days=7)),
    Tier(timedelta(hours=1), timedelta(days=90)),
)
"""A minute for six hours, five minutes for a week, an hour for three months."""


def most_points(tiers: Sequence[Tier] = TIERS) -> int:
    """Return how many points there are at most of one metric of one instance."""
    # Where one tier ends and where the next begins may both be in the middle of a step, hence two more of each.
    return sum(tier.keep // tier.step + 2 for tier in tiers)


def thinned(points: Iterable[Point], now: datetime, tiers: Sequence[Tier] = TIERS) -> tuple[Point, ...]:
    """Return the points of one metric of one instance that are kept, in order.

    Those that have grown too old for their tier are put together to means of the next one, those too old for the last
    tier are left out, and so is what is no number or comes from the future. To thin twice is to thin once, and it
    makes no difference how often it was done before.
    """
    found: dict[tuple[datetime, timedelta], list[Point]] = {}
    for point in points:
        step = _step(point.at, now, tiers)
        if step is not None and math.isfinite(point.mean) and math.isfinite(point.highest) and point.count > 0:
            found.setdefault((_floor(point.at, step), step), []).append(point)
    return tuple(_together(at, its) for (at, _), its in sorted(found.items(), key=lambda item: item[0][0]))


def _step(at: datetime, now: datetime, tiers: Sequence[Tier]) -> timedelta | None:
    """Return the step of the tier that a point belongs to. A tier ends where a step of the next one does."""
    if at > now:
        return None
    for tier, following in zip(tiers, [*tiers[1:], tiers[-1]], strict=True):
        if at >= _floor(now - tier.keep, following.step):
            return tier.step
    return None


def _floor(at: datetime, step: timedelta) -> datetime:
    return at - (at - _START) % step


def _together(at: datetime, points: list[Point]) -> Point:
    count = sum(point.count for point in points)
    mean = math.fsum(point.mean * point.count / count for point in points)
    return Point(at, mean, max(point.highest for point in points), count)
