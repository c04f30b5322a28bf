"""A rollout locks its app as long as somebody works on it."""

from __future__ import annotations

from datetime import datetime, timedelta

from stackward.engine import process
from stackward.engine.process import Owner
from stackward.engine.rollouts.closing import close, commands_of
from stackward.errors import StackwardError
from stackward.planner import Observations
from stackward.rollout import turns
from stackward.state.records import (
    CommandStatus,
    Rollout,
    RolloutStatus,
    StackState,
)
from stackward.state.transaction import StackTransaction

QUIET_SECONDS = 120.0
"""How long the lock of a rollout from another machine lasts without a run that works on it."""


def lock(state: StackState, app: str) -> Rollout | None:
    """The rollout that the app is locked by, None if it is free."""
    return next((rollout for rollout in state.rollouts.values() if rollout.app == app), None)


def observations(state: StackState, now: datetime, me: Owner | None = None, run: int | None = None) -> Observations:
    """What a run sees from outside the store: `me` is its process, `run` its number; nothing for who only looks."""
    mine = None if me is None else (me.host, me.process, me.started)
    return Observations(
        process.dead_runs(state.claims.values()),
        frozenset(
            batch
            for batch, rollout in state.rollouts.items()
            if (rollout.host, rollout.process, rollout.process_started) != mine and alive(rollout, state, now, run)
        ),
    )


def alive(rollout: Rollout, state: StackState, now: datetime, run: int | None = None) -> bool:
    """Whether somebody works on the rollout: who asked for it, or a run other than `run` that goes on with it."""
    dead = process.dead_runs(state.claims.values())
    for command in commands_of(rollout, state):
        claim = state.claims.get(command.instance)
        if claim is None or claim.run != command.run or claim.run == run:
            continue
        if claim.run not in dead and claim.expires > now:
            return True
    here = process.is_alive(rollout.host, rollout.process, rollout.process_started)
    return here if here is not None else now - rollout.started < timedelta(seconds=QUIET_SECONDS)


def locked(rollout: Rollout, state: StackState) -> str:
    """Say who deploys the app, since when and why, how far it is, and what one can do."""
    left = [command.arguments[turns.WAVE] for command in commands_of(rollout, state)]
    waves = max((command.arguments.get("waves", 1) for command in commands_of(rollout, state)), default=1)
    far = f"at batch {max(1, min(left))} of {waves}" if left else "about to end"
    return (
        f"{rollout.app} is locked by {rollout.actor} since {rollout.started:%Y-%m-%d %H:%M:%S} UTC: {rollout.kind} of "
        f"{rollout.revision[:12]} ({rollout.reason}), {far}. Nothing was asked for. Wait for it, or end its run; "
        "stackward converge goes on with one that was cut short."
    )


def take_over(transaction: StackTransaction, rollout: Rollout, state: StackState, why: str, now: datetime) -> set[str]:
    """End a rollout that nobody works on. Returns the instances on which it had begun."""
    begun = set()
    for command in commands_of(rollout, state):
        if command.status is CommandStatus.RUNNING:
            begun.add(command.instance)
        transaction.finish_command(command.id, None, CommandStatus.SUPERSEDED, now, failure=why)
    close(transaction, rollout, RolloutStatus.SUPERSEDED, now)
    return begun


def release_lock(transaction: StackTransaction, app: str, why: str, now: datetime) -> None:
    """End the rollout of an app that nobody works on. Raises StackwardError if somebody does."""
    held = lock(transaction.state, app)
    if held is None:
        return
    if alive(held, transaction.state, now):
        raise StackwardError(locked(held, transaction.state))
    take_over(transaction, held, transaction.state, why, now)
