"""Cron expressions, as Debian's cron reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackward.definition.mistake import Mistake, closest, described, shown

NICKNAMES = ("@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_RIGHT = 'write minute, hour, day, month and weekday, such as "17 3 * * *", or @daily'
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    names_from: int = 0


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS, 1),
    _Field("weekday", 0, 7, _DAYS),
)


def cron_expression(value: object) -> str:
    """Return a cron expression with single spaces. Raises Mistake for one that cron would refuse, or never run."""
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _RIGHT)
    if value.startswith("@"):
        if value not in NICKNAMES:
            meant = closest(value, NICKNAMES)
            raise Mistake(f"cron does not know {shown(value)}", f"did you mean {shown(meant)}?" if meant else _RIGHT)
        return value
    words = value.split()
    if len(words) != len(_FIELDS):
        raise Mistake(f"{shown(value)} has {len(words)} fields and not 5", _RIGHT)
    sets = [_values(word, field) for word, field in zip(words, _FIELDS, strict=True)]
    days, months = sets[2], sets[3]
    if words[4] == "*" and all(min(days) > _LONGEST_MONTH[month - 1] for month in months):
        raise Mistake(f"{shown(value)} never comes: no such month has a day {min(days)}", "write a day that there is")
    return " ".join(words)


def _values(word: str, field: _Field) -> set[int]:
    """Return the numbers that a field stands for."""
    found: set[int] = set()
    for part in word.split(","):
        found |= _part(part, word, field)
    return found


def _part(part: str, word: str, field: _Field) -> set[int]:
    span, slash, step = part.partition("/")
    if slash and (not re.fullmatch(r"[0-9]{1,4}", step) or int(step) == 0):
        raise _wrong(word, field, f'write a step from 1, such as "*/{max(2, (field.last + 1) // 4)}"')
    if span == "*":
        first, last = field.first, field.last
    elif "-" in span:
        start, _, end = span.partition("-")
        first, last = _number(start, word, field), _number(end, word, field)
        if first > last:
            raise _wrong(word, field, f'write the smaller one first, such as "{last}-{first}"')
    else:
        first = last = _number(span, word, field)
        if slash:
            raise _wrong(word, field, f'a step needs a range: write "{first}-{field.last}/{step}"')
    return set(range(first, last + 1, int(step) if slash else 1))


def _number(text: str, word: str, field: _Field) -> int:
    if text.lower() in field.names:
        return field.names_from + field.names.index(text.lower())
    if not re.fullmatch(r"[0-9]{1,4}", text) or not field.first <= int(text) <= field.last:
        names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
        raise _wrong(word, field, f"write numbers from {field.first} to {field.last}{names}, or *")
    return int(text)


def _wrong(word: str, field: _Field, right: str) -> Mistake:
    return Mistake(f"{shown(word)} is not a {field.name}", right)
