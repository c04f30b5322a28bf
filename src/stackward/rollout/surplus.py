"""Which of the code that the controller keeps nobody can need any more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

GRACE = timedelta(hours=1)
"""How long code stays that nothing refers to: a deploy fetches it first and is written down after."""


def surplus(kept: Mapping[str, datetime], needed: Collection[str], now: datetime) -> tuple[str, ...]:
    """Those of `kept`, by name with the time since when, that are not needed and not of the last hour."""
    return tuple(name for name, since in kept.items() if name not in needed and now - since > GRACE)
