"""Ends a run: nothing that it claimed stays claimed, and whatever was cut short is recorded as failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from stackward.definition.model import Stack
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.outcomes import failed
from stackward.lifecycle.states import State
from stackward.state.records import StackState
from stackward.state.store import Store


def settle(store: Store, stack: Stack, run: int, now: Callable[[], datetime]) -> dict[str, State]:
    """Record each instance that the run still holds as failed. Returns the state that each is left in."""
    state = store.snapshot(stack.name)
    left = {}
    for claim in state.claims.values():
        if claim.run == run:
            held = HeldInstance(store, stack, claim.instance, Hold(run, claim.epoch, claim.owner), now)
            left[claim.instance] = failed(held, _reason(store, state, claim.instance))
    return left


def _reason(store: Store, state: StackState, instance: str) -> str:
    for command in state.commands:
        if command.instance == instance:
            troubles = [line for line in store.log(command.id) if line.status in ("failed", "unreachable")]
            if troubles:
                return f"{troubles[-1].task}: {troubles[-1].text}"
    return "the host could not be reached any more"


def end(store: Store, stack: Stack, run: int, now: Callable[[], datetime]) -> None:
    """Mark the run as ended."""
    with store.transaction(stack.name) as transaction:
        transaction.end_run(run, now())
