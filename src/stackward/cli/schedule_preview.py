"""What a schedule means over some days, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from stackward.definition.model import Stack
from stackward.scaling.schedule.applied import Applied, applied
from stackward.scaling.schedule.calendar import CalendarDay, calendar_days, span
from stackward.scaling.schedule.local_time import zone
from stackward.scaling.schedule.windows import Window, wanted_at, windows


@dataclass(frozen=True, slots=True)
class PreviewedWindow:
    """One window: its fields are the keys of the JSON form.

    `start` and `end` are in UTC, `local_start` and `local_end` by the clock of `timezone` with its offset; all in
    ISO 8601, None where the window has never begun or never ends. `because` says which schedule opens it.
    """

    stack: str
    instance: str
    start: str | None
    end: str | None
    local_start: str | None
    local_end: str | None
    timezone: str
    flags: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One time-based instance over some days."""

    stack: str
    instance: str
    timezone: str
    sources: tuple[str, ...]
    windows: tuple[PreviewedWindow, ...]
    days: tuple[CalendarDay, ...]


def previews(stack: Stack, first: date, last: date) -> tuple[Preview, ...]:
    """The time-based instances of a stack, from one local day to another, both included."""
    return tuple(
        _preview(stack.name, name, schedules, first, last) for name, schedules in applied(stack).items() if schedules
    )


def _preview(stack: str, name: str, schedules: tuple[Applied, ...], first: date, last: date) -> Preview:
    timezone = schedules[0].schedule.timezone
    start, end = span(zone(timezone), first, last)
    return Preview(
        stack=stack,
        instance=name,
        timezone=timezone,
        sources=tuple(item.source for item in schedules),
        windows=tuple(
            PreviewedWindow(
                stack=stack,
                instance=name,
                start=_utc(window.start),
                end=_utc(window.end),
                local_start=_local(window.start, window.timezone),
                local_end=_local(window.end, window.timezone),
                timezone=window.timezone,
                flags=tuple(sorted(flag.value for flag in window.flags)),
                because=_because(schedules, window),
            )
            for window in windows([item.schedule for item in schedules], start, end)
        ),
        days=tuple(calendar_days(schedules, first, last)),
    )


def _because(schedules: tuple[Applied, ...], window: Window) -> str:
    """The schedules that open a window."""
    opening = [item for item in schedules if window.start is None or wanted_at([item.schedule], window.start)]
    return ", ".join(item.source for item in opening)


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _local(moment: datetime | None, timezone: str) -> str | None:
    return None if moment is None else moment.astimezone(zone(timezone)).isoformat(timespec="seconds")
