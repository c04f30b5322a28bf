"""How hours, weekdays and dates of a schedule are written. Each function takes the text and raises a Mistake."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from stackward.definition.mistake import Mistake, closest, described, shown
from stackward.definition.schedule import DAY, WEEKDAYS, Dates, Hours

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Years that a schedule may name."""

_WEEKDAY = "(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_SOME_DAYS = f"{_WEEKDAY}(?:-{_WEEKDAY})?"
DAYS = f"daily|{_SOME_DAYS}(?:, ?{_SOME_DAYS})*"
_DATE = "(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}"
DATES = rf"{_DATE}(?:\.\.{_DATE})?"
HOURS = "[0-9]{1,2}:[0-9]{2} ?- ?[0-9]{1,2}:[0-9]{2}"

_SHORT = {name[:3]: number for number, name in enumerate(WEEKDAYS)}
_DAY_PARTS = re.compile(r"([a-z]+)(?:-([a-z]+))?")
_DATE_PARTS = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})", re.ASCII)
_TIME_PARTS = re.compile(r"([0-9]{1,2}):([0-9]{2})", re.ASCII)
_HOURS_RIGHT = 'write hours such as "08:00-20:00", or "22:00-02:00" for past midnight'
_DATES_RIGHT = 'write dates such as "12-24..12-26" for every year, or "2026-12-31"'
_LEAP = 2000


def hours(value: Any) -> Hours:
    """Hours such as "08:00-20:00"; those that end before they begin end on the next day."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _HOURS_RIGHT)
    first, dash, last = (part.strip() for part in value.partition("-"))
    if not dash:
        raise Mistake(f"{shown(value)} has no beginning and end", _HOURS_RIGHT)
    start, end = _time(first, value), _time(last, value)
    if start == DAY:
        raise Mistake(f"{shown(value)} begins at 24:00", "let it begin at 00:00 on the next day")
    if start == end:
        raise Mistake(f"{shown(value)} is empty", 'write "00:00-24:00" for the whole day')
    return Hours(start, end if end > start else end + DAY)


def _time(text: str, whole: str) -> int:
    match = _TIME_PARTS.fullmatch(text)
    if match is None:
        raise Mistake(f"{shown(whole)} is not a part of the day", _HOURS_RIGHT)
    hour, minute = int(match[1]), int(match[2])
    if minute >= 60 or hour * 60 + minute > DAY:
        raise Mistake(f"{shown(whole)}: there is no time {text}", "write times from 00:00 to 24:00")
    return hour * 60 + minute


def is_about_dates(key: str) -> bool:
    """Whether a key of a schedule means dates and not weekdays, rightly written or not."""
    return key[:1].isdigit()


def weekdays(key: str) -> tuple[int, ...]:
    """Weekdays such as mon-fri, or sat,sun, or daily; Monday is 0."""
    if key == "daily":
        return tuple(range(7))
    found: list[int] = []
    for part in (part.strip() for part in key.split(",")):
        match = _DAY_PARTS.fullmatch(part)
        if match is None:
            raise _no_days(key, part)
        first = _weekday(match[1], key)
        last = first if match[2] is None else _weekday(match[2], key)
        found += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    twice = next((day for day in found if found.count(day) > 1), None)
    if twice is not None:
        raise Mistake(f"has {WEEKDAYS[twice].capitalize()} twice", "name each day once")
    return tuple(found)


def _weekday(name: str, key: str) -> int:
    if name in _SHORT:
        return _SHORT[name]
    if name in WEEKDAYS:
        return WEEKDAYS.index(name)
    raise _no_days(key, name)


def _no_days(key: str, part: str) -> Mistake:
    wrong = "is no weekday and no date"
    meant = closest(part, ("daily", *_SHORT) if len(part) <= len("daily") else WEEKDAYS)
    for likely in (key.lower(), key.replace(part, meant) if part and meant else ""):
        if likely != key and re.fullmatch(DAYS, likely):
            return Mistake(wrong, f"did you mean {shown(likely)}?")
    return Mistake(wrong, "write weekdays (mon-fri, sat,sun, daily) or a date (2026-12-06)")


def dates(value: Any) -> Dates:
    """One date or a range of dates, of one year (2026-12-31) or of every year (12-24..12-26)."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _DATES_RIGHT)
    first_text, dots, last_text = (part.strip() for part in value.partition(".."))
    first, yearly = _date(first_text, value)
    last, last_yearly = _date(last_text, value) if dots else (first, yearly)
    if yearly != last_yearly:
        raise Mistake(f"{shown(value)} has a year at one end only", "write the year at both ends, or at none")
    if not yearly and last < first:
        raise Mistake(f"{shown(value)} ends before it begins", f"write {shown(f'{last}..{first}')}")
    return Dates(first, last, yearly)


def _date(text: str, whole: str) -> tuple[date, bool]:
    match = _DATE_PARTS.fullmatch(text)
    if match is None:
        raise Mistake(f"{shown(whole)} is not a date", _DATES_RIGHT)
    yearly = match[1] is None
    year = _LEAP if yearly else int(match[1])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Mistake(f"{shown(whole)}: the year {match[1]} is out of reach", f"write {FIRST_YEAR} to {LAST_YEAR}")
    try:
        return date(year, int(match[2]), int(match[3])), yearly
    except ValueError:
        raise Mistake(f"{shown(whole)}: there is no day {text}", _DATES_RIGHT) from None
