"""Pauses what acts by itself on a whole stack, and lets it go on."""

from __future__ import annotations

from datetime import datetime

from stackward.definition.model import Stack
from stackward.errors import StackwardError
from stackward.state.records import Pause
from stackward.state.store import Store

PAUSABLE = ("healing",)


def pause(
    store: Store, stack: Stack, what: str, *, why: str, until: datetime | None, actor: str, now: datetime
) -> Pause:
    """Pause it, in place of what was said of it before. Raises StackwardError."""
    _refuse_unknown(what)
    if until is not None and until <= now:
        raise StackwardError(f"{what} cannot be paused until {until:%Y-%m-%d %H:%M:%S} UTC, which is over.")
    paused = Pause(what, why, actor, now, until)
    end = "" if until is None else f" until {until:%Y-%m-%d %H:%M:%S} UTC"
    with store.transaction(stack.name) as transaction:
        transaction.pause(paused)
        transaction.note("pause", f"{what} is paused{end}: {why}", actor=actor, now=now, data={"what": what})
    return paused


def resume(store: Store, stack: Stack, what: str, *, actor: str, now: datetime) -> bool:
    """Let it go on. Returns whether it was paused; writes nothing where it was not. Raises StackwardError."""
    _refuse_unknown(what)
    if what not in store.snapshot(stack.name).pauses:
        return False
    with store.transaction(stack.name) as transaction:
        was = transaction.resume(what)
        if was:
            transaction.note("pause", f"{what} goes on", actor=actor, now=now, data={"what": what})
    return was


def _refuse_unknown(what: str) -> None:
    if what not in PAUSABLE:
        raise StackwardError(f"{what!r} cannot be paused; what can is {', '.join(PAUSABLE)}.")
