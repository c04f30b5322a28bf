"""A schedule of the stack file: its data read into the model, with every mistake in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stackward.definition import schedule_text, values
from stackward.definition.mistake import Finding, Mistake, Path, closest, described, shown
from stackward.definition.schedule import NEVER, WEEKDAYS, Dates, Hours, Schedule

OTHER_KEYS = ("except", "grid", "timezone")
GRID_TIMEZONE = "UTC"
"""What the hours of a grid mean unless the schedule itself says otherwise, as in AWS OpsWorks."""

_EXAMPLE = '{mon-fri: "08:00-20:00"}'
_GRID_EXAMPLE = '{monday: {"8": on, "9": on}}'
_SWITCH = {True: True, False: False, "on": True, "off": False}
_Read = TypeVar("_Read")


@dataclass
class _Reading:
    """What has been read so far of one schedule, and what is wrong with it."""

    path: Path
    findings: list[Finding] = field(default_factory=list)
    weekly: dict[int, list[Hours]] = field(default_factory=dict)
    dated: list[tuple[Dates, tuple[Hours, ...]]] = field(default_factory=list)
    excepted: list[Dates] = field(default_factory=list)
    timezone: str | None = None

    def wrong(self, path: Path, mistake: Mistake) -> None:
        self.findings.append((path, mistake))

    def take(self, read: Callable[[Any], _Read], value: Any, path: Path) -> _Read | None:
        """Read one value; what is wrong with it is remembered, and None stands in its place."""
        try:
            return read(value)
        except Mistake as mistake:
            self.wrong(path, mistake)
            return None


def timezone_of(data: Any) -> str | None:
    """The time zone that a schedule's own data settle, None where that is left to what is around it."""
    if not isinstance(data, dict):
        return None
    written = data.get("timezone")
    return written if isinstance(written, str) else GRID_TIMEZONE if "grid" in data else None


def read(data: Any, path: Path, timezone: str) -> tuple[Schedule, list[Finding]]:
    """Return the schedule of some data and everything that is wrong with them.

    `timezone` is that of what is around. A schedule with findings is not to be used.
    """
    reading = _Reading(path)
    if not isinstance(data, dict):
        reading.wrong(path, Mistake(f"is {described(data)}", f"write hours by weekday, such as {_EXAMPLE}"))
        return Schedule(timezone), reading.findings
    for key, value in data.items():
        here = (*path, key)
        if key == "timezone":
            reading.take(values.timezone, value, here)
        elif key == "except":
            reading.excepted = [dates for _, dates in _several(reading, schedule_text.dates, value, here)]
        elif key == "grid":
            _read_grid(reading, value, here)
        else:
            _read_days(reading, key, value, here)
    if not reading.findings and not reading.weekly and not reading.dated:
        reading.wrong(path, Mistake("opens at no time", f"write hours by weekday, such as {_EXAMPLE}"))
    weekly = tuple(tuple(sorted(reading.weekly.get(day, ()))) for day in range(7))
    return (
        Schedule(
            timezone_of(data) or timezone,
            weekly if reading.weekly else NEVER,
            tuple(reading.dated),
            tuple(reading.excepted),
        ),
        reading.findings,
    )


def _several(reading: _Reading, read_one: Callable[[Any], _Read], value: Any, path: Path) -> list[tuple[Path, _Read]]:
    """Read one value or a list of them, each with its path."""
    items: Sequence[tuple[Path, Any]] = [(path, value)]
    if isinstance(value, list):
        items = [((*path, position), item) for position, item in enumerate(value)]
        if not items:
            reading.wrong(path, Mistake("is an empty list", "write at least one, or remove the key"))
    found = [(where, reading.take(read_one, item, where)) for where, item in items]
    return [(where, item) for where, item in found if item is not None]


def _read_days(reading: _Reading, key: str, value: Any, path: Path) -> None:
    if schedule_text.is_about_dates(key):
        days = reading.take(schedule_text.dates, key, path)
        listed = _several(reading, schedule_text.hours, value, path)
        if days is not None:
            reading.dated.append((days, tuple(sorted(hours for _, hours in listed))))
        return
    try:
        weekdays = schedule_text.weekdays(key)
    except Mistake as mistake:
        meant = closest(key, OTHER_KEYS)
        if meant is not None:
            reading.wrong(path, Mistake("unknown key", f"did you mean {shown(meant)}?"))
            return
        reading.wrong(path, mistake)
        weekdays = ()
    if value is None:
        # Between braces, YAML takes a bare comma for the end of an entry.
        right = f'write hours such as "08:00-20:00"; a list of days in braces needs quotes: {{"{key},…": …}}'
        reading.wrong(path, Mistake("has no hours", right))
        return
    listed = _several(reading, schedule_text.hours, value, path)
    for day in weekdays:
        reading.weekly.setdefault(day, []).extend(hours for _, hours in listed)


def _read_grid(reading: _Reading, grid: Any, path: Path) -> None:
    """Read OpsWorks' WeeklyAutoScalingSchedule: a weekday, then hours "0" to "23", each on or off."""
    if not isinstance(grid, dict) or not grid:
        reading.wrong(path, Mistake(f"is {described(grid)}", f"write hours by weekday, such as {_GRID_EXAMPLE}"))
        return
    for name, switches in grid.items():
        here = (*path, name)
        if name.lower() not in WEEKDAYS:
            meant = closest(name.lower(), WEEKDAYS)
            right = f"did you mean {shown(meant)}?" if meant else f"write one of {', '.join(WEEKDAYS)}"
            reading.wrong(here, Mistake("is no weekday", right))
        elif not isinstance(switches, dict):
            reading.wrong(here, Mistake(f"is {described(switches)}", 'write the hours, such as {"8": on, "9": on}'))
        else:
            hours = [_switched(reading, hour, value, (*here, hour)) for hour, value in switches.items()]
            on = sorted({hour for hour in hours if hour is not None})
            if on:
                reading.weekly.setdefault(WEEKDAYS.index(name.lower()), []).extend(_joined(on))
    if not reading.findings and not reading.weekly:
        reading.wrong(path, Mistake("is on at no hour", f"switch hours on, such as {_GRID_EXAMPLE}"))


def _switched(reading: _Reading, hour: str, value: Any, path: Path) -> int | None:
    """Return the hour where it is on."""
    number = int(hour) if hour.isascii() and hour.isdigit() and len(hour) <= 2 else 24
    if number > 23:
        reading.wrong(path, Mistake(f"there is no hour {shown(hour)}", 'write hours from "0" to "23"'))
        return None
    if not isinstance(value, bool | str) or value not in _SWITCH:
        reading.wrong(path, Mistake(f"is {described(value)}", "write on or off"))
        return None
    return number if _SWITCH[value] else None


def _joined(on: Sequence[int]) -> Iterator[Hours]:
    """Yield hours of the clock that follow each other as one part of the day."""
    start = None
    for hour in on:
        if start is None:
            start = hour
        if hour + 1 not in on:
            yield Hours(start * 60, (hour + 1) * 60)
            start = None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a schedule."""
    hours = _one_or_more({"type": "string", "pattern": f"^{schedule_text.HOURS}$"})
    switch = {
        "type": "object",
        "patternProperties": {"^(?:[0-9]|[01][0-9]|2[0-3])$": {"enum": [True, False, "on", "off"]}},
    }
    names = "|".join(f"[{name[0].upper()}{name[0]}]{name[1:]}" for name in WEEKDAYS)
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {
            "timezone": {"type": "string", "description": "IANA time zone of these hours."},
            "except": {
                **_one_or_more({"type": "string", "pattern": f"^(?:{schedule_text.DATES})$"}),
                "description": "Dates on which no hours begin.",
            },
            "grid": {
                "type": "object",
                "minProperties": 1,
                "description": "A week of OpsWorks: hours 0 to 23, on or off, in UTC.",
                "patternProperties": {f"^(?:{names})$": {**switch, "additionalProperties": False}},
                "additionalProperties": False,
            },
        },
        "patternProperties": {
            f"^(?:{schedule_text.DAYS})$": {**hours, "description": "Hours of these weekdays."},
            f"^(?:{schedule_text.DATES})$": {**hours, "description": "Hours of these dates, instead of the weekday's."},
        },
        "additionalProperties": False,
    }


def _one_or_more(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}
