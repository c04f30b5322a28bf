"""Who acts from the command line, and until when."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import typer


def actor() -> str:
    """Return who gives the command, and on which machine, for the journal."""
    from stackward.engine.process import owner

    here = owner(os.getpid())
    return f"{here.user} on {here.host.partition('/')[0]}"


def later(text: str, now: datetime) -> datetime:
    """Return what --until means, in UTC: a duration from now, a time of today or tomorrow, or a whole moment."""
    from stackward.definition.mistake import Mistake
    from stackward.definition.values import duration

    try:
        return now + timedelta(seconds=duration(text))
    except Mistake:
        pass
    try:
        clock = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  only the time of day counts
    except ValueError:
        pass
    else:
        local = datetime.combine(now.astimezone().date(), clock).astimezone()
        return (local if local > now else local + timedelta(days=1)).astimezone(UTC)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; write a duration (2h), a time (18:00) or a moment (2026-03-02T18:00).",
            param_hint="'--until'",
        ) from None
