"""How each batch of a rollout went, and what has to be taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from stackward.definition.model import Stack
from stackward.engine import contents, deployments
from stackward.engine.hold import HeldInstance
from stackward.engine.rollouts.closing import NOT_BACK, commands_of, conclude
from stackward.rollout import turns
from stackward.rollout.contents import Parts
from stackward.state.records import (
    AppRelease,
    Command,
    CommandStatus,
    Deployment,
    Rollout,
    RolloutStatus,
    StackState,
)
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

UNKNOWN = "unknown"
"""The digest of what an app may or may not have been deployed with: that of no settings."""


def failed(held: HeldInstance, failure: str) -> None:
    """The release does not run on the instance: the rollout goes no further, and its batch is to be taken back."""
    with held.transaction() as transaction:
        note_failure(transaction, held, failure)


def note_failure(transaction: StackTransaction, held: HeldInstance, failure: str) -> bool:
    """As `failed`, within a transaction. Returns whether the run is at work on a rollout there."""
    state = transaction.state
    found = _working(state, held.name, held.hold.run)
    if found is None:
        return False
    rollout = state.rollouts[found.batch]
    transaction.blame_command(found.id, held.hold.epoch, failure)
    if rollout.status is RolloutStatus.RUNNING:
        transaction.fail_rollout(rollout.id, f"{held.name}: {failure}")
    held.note(transaction, "failure", failure)
    return True


def _working(state: StackState, name: str, run: int) -> Command | None:
    """The command of a rollout that a run is at work on."""
    for command in state.commands:
        mine = command.instance == name and command.run == run and command.status is CommandStatus.RUNNING
        if mine and turns.rolling(command) and command.batch in state.rollouts:
            return command
    return None


def verdict(
    store: Store,
    stack: Stack,
    names: Collection[str],
    run: int,
    now: Callable[[], datetime],
    ran: Mapping[str, Parts] = {},
    hooks: Mapping[str, Mapping[str, Parts]] = {},
) -> frozenset[str]:
    """Conclude a batch that a run has worked on: the instances that must be taken back, nobody if all went well.

    All of a batch is written at once, so that it is never half concluded. `ran` is what the deploy has run, by
    instance, and `hooks` those of apps, by instance and app, for those where somebody looked.
    """
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        back = set()
        for name in names:
            command = _working(state, name, run)
            if command is None or command.arguments.get(turns.UNCHANGED):
                continue
            rollout = state.rollouts[command.batch]
            if rollout.status is RolloutStatus.FAILING:
                back.add(name)
                continue
            its = hooks.get(name, {}).get(command.arguments["app"])
            _succeeded(transaction, stack, command, ran.get(name), its, now())
        for rollout in state.rollouts.values():
            if rollout.status is RolloutStatus.FAILING:
                _stop(transaction, rollout, state, now())
            conclude(transaction, stack, rollout, now())
        return frozenset(back)


def _succeeded(
    transaction: StackTransaction,
    stack: Stack,
    command: Command,
    ran: Parts | None,
    hooks: Parts | None,
    now: datetime,
) -> None:
    state = transaction.state
    claim = state.claims[command.instance]
    transaction.finish_command(command.id, claim.epoch, CommandStatus.SUCCESSFUL, now, exit_code=0)
    arguments = command.arguments
    app, instance = stack.apps.get(arguments["app"]), stack.instances.get(command.instance)
    release = AppRelease(arguments["app"], arguments["release"], arguments["revision"])
    if app is not None and instance is not None:
        deployment = Deployment(app.name, release.release, release.revision, now)
        release = replace(deployments.as_deployed(stack, app, instance, deployment), hooks=hooks)
    before = next((item for item in state.instances[command.instance].apps if item.app == release.app), release)
    transaction.set_release(command.instance, claim.epoch, release)
    if before.port != release.port:
        moved = f"{release.app} answers on {command.instance} on port {release.port} now"
        transaction.bump_generation(moved, claim.owner, now, claim.run)
    if ran is not None:
        contents.ended(transaction, command.instance, claim.epoch, command.event, arguments, ran)
    transaction.note(
        "command",
        f"{command.event} {CommandStatus.SUCCESSFUL.value}",
        actor=claim.owner,
        now=now,
        instance=command.instance,
        run=claim.run,
        data={"command": command.id, "event": command.event},
    )
    transaction.release(command.instance, claim.epoch)
    rollout = transaction.state.rollouts[command.batch]
    if not rollout.migrated:
        transaction.migrated(rollout.id)


def _stop(transaction: StackTransaction, rollout: Rollout, state: StackState, now: datetime) -> None:
    """End what has not begun of a rollout that fails: the release before goes on serving there."""
    for command in commands_of(rollout, state):
        if command.status is CommandStatus.PENDING:
            transaction.finish_command(
                command.id, None, CommandStatus.SKIPPED, now, failure=f"stopped: {rollout.failure}"
            )


def taken_back(held: HeldInstance, trouble: str) -> str:
    """The instance has the release before again, or could not be given it: `trouble`. Returns what to tell."""
    name, epoch = held.name, held.hold.epoch
    with held.transaction() as transaction:
        state = transaction.state
        command = _working(state, name, held.hold.run)
        if command is None:
            return ""
        rollout = state.rollouts[command.batch]
        own = command.failure
        after = f"and {NOT_BACK}: {trouble}" if trouble else "the release before is back"
        said = f"{own} — {after}" if own else f"taken back, as {rollout.failure} — {after}"
        status = CommandStatus.FAILED if own or trouble else CommandStatus.SUPERSEDED
        transaction.finish_command(
            command.id, epoch, status, held.now(), exit_code=1 if own else None, failure=said, lost=bool(trouble)
        )
        if trouble:
            # Nobody knows what is there. As drift it is seen, and the next deploy or rollback brings what is right: no
            # Configure, which would bring the settings that have just failed.
            arguments = command.arguments
            unknown = AppRelease(arguments["app"], arguments["release"], arguments["revision"], digest=UNKNOWN)
            before = next((item for item in state.instances[name].apps if item.app == unknown.app), unknown)
            transaction.set_release(name, epoch, replace(unknown, port=before.port))
        held.note(
            transaction,
            "failure" if trouble else "command",
            f"{command.event} {status.value}: {said}",
            {"command": command.id, "event": command.event},
        )
        transaction.release(name, epoch)
        conclude(transaction, held.stack, rollout, held.now())
        return said
