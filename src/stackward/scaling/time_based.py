"""What schedules say of each time-based instance at a moment, and what they will say next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stackward.definition.model import Stack
from stackward.definition.schedule import Schedule
from stackward.lifecycle.states import Desired, Initiator
from stackward.scaling.past import NOTHING, LastRequest, Past
from stackward.scaling.schedule.applied import Applied, applied
from stackward.scaling.schedule.local_time import zone
from stackward.scaling.schedule.windows import Window, wanted_at, windows
from stackward.scaling.start_ahead import starts_ahead

_LOOKS = (timedelta(days=9), timedelta(days=400), timedelta(days=9 * 366))
"""How far to look for the next window, step by step."""

_LONG_AGO = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the schedules of an instance want of it now, why, and when that changes.

    `opening` is when the window that counts opens, None while none does. `changes` is when another thing will be
    wanted, None if never. `stands` is a person's request that counts instead, until then.
    """

    instance: str
    desired: Desired
    reason: str
    timezone: str
    ahead: float
    opening: datetime | None
    changes: datetime | None
    stands: LastRequest | None = None


@dataclass(frozen=True, slots=True)
class _Running:
    """From when to when an instance runs for one or several windows, starts ahead included; None: no end."""

    start: datetime | None
    end: datetime | None
    first: Window


def outlooks(stack: Stack, pasts: Mapping[str, Past], now: datetime) -> dict[str, Outlook]:
    """The outlook of every time-based instance of the stack, in the order of the file."""
    seen: dict[tuple[tuple[Schedule, ...], float], _Running | None] = {}
    of_layers = starts_ahead(stack, pasts)
    found = {}
    for name, schedules in applied(stack).items():
        ahead = max(of_layers[layer] for layer in stack.instances[name].layers)
        wanted = tuple(item.schedule for item in schedules)
        if (wanted, ahead) not in seen:
            seen[wanted, ahead] = _next_run(wanted, ahead, now)
        found[name] = _outlook(name, schedules, pasts.get(name, NOTHING), now, ahead, seen[wanted, ahead])
    return found


def _outlook(
    name: str,
    schedules: Sequence[Applied],
    past: Past,
    now: datetime,
    ahead: float,
    upcoming: _Running | None,
) -> Outlook:
    wanted = [item.schedule for item in schedules]
    timezone = wanted[0].timezone if wanted else "UTC"
    stands = _standing(past.request, wanted, ahead, now)
    if upcoming is None:
        return Outlook(name, Desired.STOPPED, "no schedule ever wants it again", timezone, ahead, None, None, stands)
    opened = upcoming.start is None or upcoming.start <= now or _asked_for(past.request, upcoming)
    sources = _sources(schedules, upcoming.first)
    if opened:
        reason = f"wanted {_stretch(upcoming)}, by {sources}"
        return Outlook(name, Desired.ONLINE, reason, timezone, ahead, upcoming.first.start, upcoming.end, stands)
    reason = f"not wanted until {spoken(upcoming.first.start, upcoming.first.timezone)}, by {sources}"
    return Outlook(name, Desired.STOPPED, reason, timezone, ahead, None, upcoming.start, stands)


def _asked_for(request: LastRequest | None, running: _Running) -> bool:
    """Whether scaling has asked for the instance for this very window: a shorter start ahead takes nothing back."""
    return (
        request is not None
        and request.initiator is Initiator.AUTO_SCALING
        and request.desired is Desired.ONLINE
        and request.opening is not None
        and request.opening == running.first.start
    )


def _standing(
    request: LastRequest | None, wanted: Sequence[Schedule], ahead: float, now: datetime
) -> LastRequest | None:
    """A person's request, as long as the schedules have not changed their word since.

    Who registers a machine says nothing of when it is wanted.
    """
    if request is None or request.initiator is not Initiator.USER or request.desired is Desired.REGISTERED:
        return None
    since = max(request.at, now - _LONG_AGO)
    edges = [edge for item in _runs(wanted, ahead, since, now) for edge in (item.start, item.end) if edge is not None]
    return None if any(since < edge <= now for edge in edges) else request


def _next_run(wanted: Sequence[Schedule], ahead: float, now: datetime) -> _Running | None:
    """What runs now, or else next; one that does not end as far as is looked never does."""
    found: _Running | None = None
    for look in _LOOKS:
        runs = _runs(wanted, ahead, now, now + look)
        found = next((item for item in runs if item.end is None or item.end > now), None)
        # One that ends just before what was looked at may touch a window after it, and go on.
        if found is not None and (found.end is None or found.end + timedelta(seconds=ahead) < now + look):
            return found
    return None if found is None else replace(found, end=None)


def _runs(wanted: Sequence[Schedule], ahead: float, since: datetime, until: datetime) -> tuple[_Running, ...]:
    """What runs between two moments: windows with their start ahead; those that then touch are one."""
    earlier = timedelta(seconds=ahead)
    found: list[_Running] = []
    for window in windows(wanted, since - earlier - timedelta(seconds=1), until + 2 * earlier + timedelta(seconds=1)):
        start = None if window.start is None else window.start - earlier
        if found and found[-1].end is not None and start is not None and start <= found[-1].end:
            found[-1] = _Running(found[-1].start, window.end, found[-1].first)
        else:
            found.append(_Running(start, window.end, window))
    return tuple(found)


def _sources(schedules: Sequence[Applied], window: Window) -> str:
    opening = [item.source for item in schedules if window.start is None or wanted_at([item.schedule], window.start)]
    return ", ".join(opening)


def _stretch(running: _Running) -> str:
    timezone = running.first.timezone
    start, end = running.first.start, running.end
    if start is None and end is None:
        return "always"
    if start is None:
        return f"until {spoken(end, timezone)}"
    if end is None:
        return f"from {spoken(start, timezone)} on"
    same_day = start.astimezone(zone(timezone)).date() == end.astimezone(zone(timezone)).date()
    first = start.astimezone(zone(timezone))
    last = end.astimezone(zone(timezone))
    return f"{_day(first)} {first:%H:%M} to {'' if same_day else f'{_day(last)} '}{last:%H:%M} ({timezone})"


def spoken(moment: datetime | None, timezone: str) -> str:
    """A moment by the clock of a zone, as Mon 2026-11-23 08:00 (Europe/Vienna)."""
    if moment is None:
        return "ever"
    local = moment.astimezone(zone(timezone))
    return f"{_day(local)} {local:%H:%M} ({timezone})"


def _day(local: datetime) -> str:
    return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[local.weekday()]} {local:%Y-%m-%d}"
