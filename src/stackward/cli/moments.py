"""Times and durations as a person reads them."""

from __future__ import annotations

from datetime import datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
UNDER_CLOCK = 10
"""Columns by which what belongs to a line that begins with today's time is set in: what the time takes."""

_LONG = 1000 * _DAY
"""From here on, hours matter to nobody."""


def span(duration: timedelta | float) -> str:
    """Return a duration (seconds if a number) in its two largest units: 45s, 2m14s, 3h05m, 12d4h."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02d}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02d}m"
    if whole >= _LONG:
        return f"{whole // _DAY}d"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR}h"


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, in its largest unit, "" for none."""
    if moment is None:
        return ""
    whole = max(0, int((now - moment).total_seconds()))
    for unit, seconds in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if whole >= seconds:
            return f"{whole // seconds}{unit}"
    return f"{whole}s"


def clock(moment: datetime, now: datetime) -> str:
    """Return a moment in the local time zone: the time alone if it was today, with the date if not."""
    local = moment.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M:%S}"


def until(end: datetime | None, otherwise: str) -> str:
    """Return until when something lasts, in the local time zone; `otherwise` says what ends one that has no end."""
    return f"until {otherwise}" if end is None else f"until {end.astimezone():%Y-%m-%d %H:%M:%S}"


def taken(started: datetime | None, finished: datetime | None, now: datetime) -> str:
    """Return how long something took, or has taken up to now; "" if it has not begun."""
    return "" if started is None else span((finished or now) - started)
