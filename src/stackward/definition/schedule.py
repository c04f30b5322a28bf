"""When something is wanted, as the stack file says it: hours by weekday and by date, local to one time zone.

What that means in absolute time, clock changes included, `stackward.scaling.schedule` computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

DAY = 24 * 60
"""Minutes of a day on the clock, whatever a change of the clock makes of it."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

NEVER: tuple[tuple[Hours, ...], ...] = ((),) * 7
"""A week without hours."""


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """A part of a day, in minutes after its midnight. An `end` above 24 hours lies on the next day."""

    start: int
    end: int

    def __str__(self) -> str:
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{_clock(self.start)}-{_clock(end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True, slots=True)
class Dates:
    """The days from `first` to `last`, both of them too. `yearly` ones leave out the year, which is 2000 then."""

    first: date
    last: date
    yearly: bool = False

    def cover(self, day: date) -> bool:
        """Whether the day is one of them. Yearly ones may go over New Year."""
        if not self.yearly:
            return self.first <= day <= self.last
        first, last, this = ((item.month, item.day) for item in (self.first, self.last, day))
        return first <= this <= last if first <= last else this >= first or this <= last

    def __str__(self) -> str:
        written = "%m-%d" if self.yearly else "%Y-%m-%d"
        first, last = self.first.strftime(written), self.last.strftime(written)
        return first if first == last else f"{first}..{last}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hours of each weekday (Monday first), other hours for some dates, and dates without any.

    Hours belong to the day on which they begin. Those of a date replace its weekday's, and win over an exception.
    """

    timezone: str
    weekly: tuple[tuple[Hours, ...], ...] = NEVER
    dated: tuple[tuple[Dates, tuple[Hours, ...]], ...] = ()
    excepted: tuple[Dates, ...] = ()

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The hours that begin on a local day, sorted."""
        own = [hours for dates, hours in self.dated if dates.cover(day)]
        if own:
            return tuple(sorted({each for hours in own for each in hours}))
        return () if self.exception_on(day) else self.weekly[day.weekday()]

    def exception_on(self, day: date) -> Dates | None:
        """The exception that takes a day's hours away, None where nothing does."""
        if any(dates.cover(day) for dates, _ in self.dated):
            return None
        return next((dates for dates in self.excepted if dates.cover(day)), None)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many of a layer's time-based instances without a schedule of their own are wanted `during` some hours."""

    instances: int
    during: Schedule
