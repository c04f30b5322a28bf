"""How long samples are kept, and how coarse they become."""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTE = 60
"""Seconds that a fresh sample stands for: of a minute one is kept."""

COARSE = 600
"""Seconds that an older one stands for."""

FINE_FOR = timedelta(days=1)
"""For so long every minute is kept."""

KEPT_FOR = timedelta(days=14)
"""For so long the means of ten minutes are kept (OpsWorks showed two weeks)."""

EARLY = timedelta(minutes=1)
"""How far in the future a sample may be: clocks differ."""


def slot(moment: datetime, span: int) -> int:
    """The number of the span (seconds) that a moment is in, counted since 1970."""
    return int(moment.timestamp() // span)


def first_fine(now: datetime) -> int:
    """The first minute that is kept by itself; the ones before are parts of whole coarse spans."""
    return slot(now - FINE_FOR, COARSE) * COARSE // MINUTE


def first_coarse(now: datetime) -> int:
    """The first coarse span that is kept."""
    return slot(now - KEPT_FOR, COARSE)


def acceptable(at: datetime, now: datetime) -> bool:
    """Whether a sample is neither so late that its minute has become coarse nor of the future."""
    return slot(at, MINUTE) >= first_fine(now) and at <= now + EARLY
