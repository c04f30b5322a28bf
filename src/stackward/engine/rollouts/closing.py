"""The end of rollouts: what succeeded becomes what new instances get, and what failed is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stackward.definition.model import Stack
from stackward.engine.rollouts.batching import arguments_of
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator, State
from stackward.rollout.actions import ACTIONS, STOP
from stackward.state.records import (
    Command,
    CommandStatus,
    Deployment,
    HostResult,
    Rollout,
    RolloutStatus,
    StackState,
)
from stackward.state.transaction import StackTransaction

NOT_BACK = "the release before could not be put back"
"""What is said of an instance that is lost."""


def conclude(transaction: StackTransaction, stack: Stack, rollout: Rollout, now: datetime) -> None:
    """Close the rollout if nothing of it is left. What succeeded becomes what new instances get.

    Instances that came online meanwhile have the release before: they follow in a batch of their own.
    """
    if rollout.batch is None or rollout.batch not in transaction.state.rollouts:
        return
    commands = transaction.batch_commands(rollout.batch)
    if not all(command.status.finished for command in commands):
        return
    ended = {command.status for command in commands}
    rollout = transaction.state.rollouts[rollout.batch]
    if rollout.status is RolloutStatus.FAILING or CommandStatus.FAILED in ended or CommandStatus.EXPIRED in ended:
        close(transaction, rollout, RolloutStatus.FAILED, now)
    elif CommandStatus.SUCCESSFUL not in ended:
        close(transaction, rollout, RolloutStatus.SKIPPED, now)
    elif rollout.kind in ACTIONS or not _follow(transaction, stack, rollout, commands, now):
        close(transaction, rollout, RolloutStatus.SUCCESSFUL, now)
        transaction.set_deployment(
            Deployment(rollout.app, rollout.release, rollout.revision, now, rollout.kind != STOP)
        )


def _follow(
    transaction: StackTransaction, stack: Stack, rollout: Rollout, commands: Sequence[Command], now: datetime
) -> bool:
    """Ask for the release on instances that came online during the rollout. Returns whether there are any."""
    app = stack.apps.get(rollout.app)
    if app is None:
        return False
    state = transaction.state
    reached = {command.instance for command in commands}
    late = [
        name
        for name, instance in stack.instances.items()
        if app in stack.apps_of(instance)
        and name not in reached
        and name in state.instances
        and state.instances[name].state is State.ONLINE
        and (state.instances[name].since or rollout.started) > rollout.started
    ]
    wanted = Deployment(rollout.app, rollout.release, rollout.revision, now)
    planned = arguments_of(stack, app, late, state, wanted, {}, rollout.kind)
    for name, arguments in planned.items():
        transaction.ask(
            name,
            Event.DEPLOY.value,
            arguments,
            batch=rollout.batch,
            initiator=Initiator.USER,
            reason=f"it came online during {rollout.kind} {rollout.id}",
            automatic=True,
            now=now,
        )
    return bool(planned)


def close(transaction: StackTransaction, rollout: Rollout, status: RolloutStatus, now: datetime) -> None:
    """The rollout ends with this status: its app is free, and the history has what came of each instance."""
    commands = transaction.batch_commands(rollout.batch) if rollout.batch is not None else ()
    transaction.close_rollout(rollout.id, status, {command.instance: _result(command) for command in commands}, now)
    said = f": {rollout.failure}" if rollout.failure else ""
    transaction.note(
        "rollout",
        f"{rollout.kind} of {rollout.app} {rollout.revision[:12]} {status.value}{said}",
        actor=rollout.actor,
        now=now,
        data={"rollout": rollout.id, "app": rollout.app, "release": rollout.release, "status": status.value},
    )


def _result(command: Command) -> HostResult:
    took = (command.finished - command.started).total_seconds() if command.finished and command.started else None
    return HostResult(command.status.value, took, command.failure, command.lost)


def commands_of(rollout: Rollout, state: StackState) -> tuple[Command, ...]:
    """The commands of a rollout that are not finished."""
    return tuple(command for command in state.commands if command.batch == rollout.batch)


def told(rollout: Rollout) -> str:
    """Say what became of a rollout that did not succeed, and what one can do; "" of one that did or goes on."""
    what = f"{rollout.app}: {rollout.kind} {rollout.id} of {rollout.revision[:12]}"
    if not rollout.status.finished:
        return (
            f"{what} is not over: some of its instances are held by another run, or may not be down beside others. "
            "stackward converge goes on with it."
        )
    if rollout.status is not RolloutStatus.FAILED:
        return ""
    new = [name for name, result in rollout.results.items() if result.status == CommandStatus.SUCCESSFUL.value]
    lost = [name for name, result in rollout.results.items() if result.lost]
    rest = [name for name in rollout.results if name not in (*new, *lost)]
    serve = "serves what it served before" if len(rest) == 1 else "serve what they served before"
    keep = "keeps it" if len(new) == 1 else "keep it"
    sentences = (
        f"{', '.join(rest)} {serve}." if rest else "",
        f"{', '.join(new)} had it before that and {keep}: stackward rollback takes it back." if new else "",
        f"{', '.join(lost)}: {NOT_BACK}; stackward rollback does it as soon as that is possible." if lost else "",
    )
    return f"{what} was stopped: {rollout.failure}\n{' '.join(filter(None, sentences))}"
