"""What a time on the clock of a zone is in absolute time, also where the clock is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from stackward.definition.schedule import DAY, Hours

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)

_REMEMBERED = 65_536
"""Answers that are kept: a schedule that never closes is looked at over years, and again at each look."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time as a moment in UTC. `gap`: the clock skips it. `fold`: the clock shows it twice."""

    utc: datetime
    gap: bool = False
    fold: bool = False


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name that the stack file has been checked for."""
    return ZoneInfo(name)


@lru_cache(maxsize=_REMEMBERED)
def at(day: date, minutes: int, timezone: ZoneInfo, *, last: bool) -> Moment:
    """The moment at which the clock shows `minutes` after the midnight of a day; 24 hours and more are days after it.

    A time that the clock skips is the first moment after it. Of a time that it shows twice, it is the first, or with
    `last` the second: what begins then has begun at the first, and what ends then has ended at the second.
    """
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001  the zone is added below
    before, after = local.replace(tzinfo=timezone, fold=0), local.replace(tzinfo=timezone, fold=1)
    if before.utcoffset() == after.utcoffset():
        return Moment(before.astimezone(UTC))
    first, second = before.astimezone(UTC), after.astimezone(UTC)
    if first < second:
        return Moment(second if last else first, fold=True)
    # Skipped: read with the offset from before the change it lies after the change, and the other way round.
    return Moment(_change(second, first, timezone), gap=True)


def _change(before: datetime, after: datetime, timezone: ZoneInfo) -> datetime:
    """The first moment of a new offset between two moments in UTC."""
    old = before.astimezone(timezone).utcoffset()
    while after - before > _SECOND:
        middle = before + ((after - before) / 2 // _SECOND) * _SECOND
        if middle.astimezone(timezone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


@lru_cache(maxsize=_REMEMBERED)
def put_forward(day: date, timezone: ZoneInfo) -> int:
    """By how many minutes the clock is put forward on a local day; back, below 0. All of them where it has no such day.

    A day whose midnight is skipped begins with the change, one whose last hour is skipped ends with it.
    """
    begins, ends = at(day, 0, timezone, last=False), at(day, DAY, timezone, last=False)
    return DAY - (ends.utc - begins.utc) // _MINUTE


def hours_at(day: date, hours: Hours, timezone: ZoneInfo) -> tuple[Moment, Moment] | None:
    """From when to when the hours of a local day are; None where they go with a whole day that is skipped.

    Hours that it skips begin right after them, and last as long as they are written: each day has each of its hours.
    """
    opening, closing = at(day, hours.start, timezone, last=False), at(day, hours.end, timezone, last=True)
    if opening.utc < closing.utc:
        return opening, closing
    if put_forward(day, timezone) >= DAY:
        return None
    return opening, replace(closing, utc=opening.utc + (hours.end - hours.start) * _MINUTE)
