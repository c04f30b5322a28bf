"""Takes instances aside for maintenance and gives them back: what acts by itself leaves them alone meanwhile."""

from __future__ import annotations

from datetime import datetime

from stackward.definition.model import Stack
from stackward.errors import StackwardError
from stackward.state.records import Maintenance
from stackward.state.store import Store


def take_aside(
    store: Store, stack: Stack, name: str, *, why: str, until: datetime | None, actor: str, now: datetime
) -> Maintenance:
    """Take an instance of the file aside, in place of what was said of it before. Raises StackwardError."""
    if name not in stack.instances:
        raise StackwardError(f"Stack {stack.name} has no instance {name!r} ({stack.path}).")
    if until is not None and until <= now:
        raise StackwardError(f"{name} cannot be held until {until:%Y-%m-%d %H:%M:%S} UTC, which is over.")
    taken = Maintenance(name, why, actor, now, until)
    end = "" if until is None else f" until {until:%Y-%m-%d %H:%M:%S} UTC"
    with store.transaction(stack.name) as transaction:
        transaction.take_aside(taken)
        transaction.note(
            "hold",
            f"held for maintenance{end}: {why}",
            actor=actor,
            now=now,
            instance=name,
            data={"until": None if until is None else until.isoformat()},
        )
    return taken


def give_back(store: Store, stack: Stack, name: str, *, actor: str, now: datetime) -> bool:
    """Give an instance back. Returns whether it was held; writes nothing where it was not."""
    if name not in store.snapshot(stack.name).maintenance:
        return False
    with store.transaction(stack.name) as transaction:
        held = transaction.give_back(name)
        if held:
            transaction.note("hold", "released from maintenance", actor=actor, now=now, instance=name)
    return held
