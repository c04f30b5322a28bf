"""Brings a release to the instances of an app: opens rollouts, records how each batch went, and closes them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stackward.definition.model import App, Stack
from stackward.engine import contents, process
from stackward.engine.machines import Hold
from stackward.engine.process import Owner
from stackward.errors import StackwardError
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator, State
from stackward.planner import Observations
from stackward.rollout import turns
from stackward.rollout.actions import ACTION, ACTIONS, RESTART, STOP
from stackward.rollout.batches import batches, batches_of_layers
from stackward.rollout.contents import Parts
from stackward.rollout.digest import digest
from stackward.state.records import (
    AppRelease,
    Command,
    CommandStatus,
    Deployment,
    HostResult,
    Rollout,
    RolloutStatus,
    StackState,
)
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

QUIET_SECONDS = 120.0
"""How long the lock of a rollout from another machine lasts without a run that works on it."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a rollout: the name for a person, and the process."""

    actor: str
    owner: Owner


def request_rollout(
    store: Store,
    stack: Stack,
    app: App,
    names: Sequence[str],
    wanted: Deployment,
    *,
    kind: str,
    attributes: Mapping[str, Any],
    reason: str,
    asker: Asker,
    now: datetime,
) -> tuple[str, ...]:
    """Ask for a release on those instances that are online, in batches. Returns their names.

    Raises StackwardError while another rollout of the app lasts; one that nobody works on any more is taken over, with
    the instances on which it had begun.
    """
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        held = lock(state, app.name)
        begun: set[str] = set()
        if held is not None:
            if alive(held, state, now):
                raise StackwardError(locked(held, state))
            begun = _take_over(transaction, held, state, f"{asker.actor} has asked for another one", now)
        targets = [
            name
            for name in stack.instances
            if (name in names or name in begun)
            and name in state.instances
            and state.instances[name].state is State.ONLINE
        ]
        if not targets:
            return ()
        return _opened(transaction, stack, app, targets, wanted, kind, attributes, reason, asker, now)


def _opened(
    transaction: StackTransaction,
    stack: Stack,
    app: App,
    targets: Sequence[str],
    wanted: Deployment,
    kind: str,
    attributes: Mapping[str, Any],
    reason: str,
    asker: Asker,
    now: datetime,
) -> tuple[str, ...]:
    state = transaction.state
    planned = arguments_of(stack, app, targets, state, wanted, attributes, kind)
    batch: int | None = None
    for name, arguments in planned.items():
        command = transaction.ask(
            name,
            Event.DEPLOY.value,
            arguments,
            batch=batch,
            initiator=Initiator.USER,
            reason=reason,
            automatic=False,
            now=now,
        )
        batch = command.batch
    live = state.deployments.get(app.name)
    rollout = transaction.open_rollout(
        Rollout(
            id=0,
            app=app.name,
            kind=kind,
            release=wanted.release,
            revision=wanted.revision,
            before_release=live.release if live else "",
            before_revision=live.revision if live else "",
            status=RolloutStatus.RUNNING,
            actor=asker.actor,
            reason=reason,
            host=asker.owner.host,
            process=asker.owner.process,
            process_started=asker.owner.started,
            started=now,
            batch=batch,
        )
    )
    transaction.note(
        "request",
        f"to {kind} {app.name} {wanted.revision[:12]} on {', '.join(planned)}: {reason}",
        actor=asker.actor,
        now=now,
        data={"event": Event.DEPLOY.value, "rollout": rollout.id, "instances": list(planned), "app": app.name},
    )
    return tuple(planned)


def arguments_of(
    stack: Stack,
    app: App,
    targets: Sequence[str],
    state: StackState,
    wanted: Deployment,
    attributes: Mapping[str, Any],
    kind: str = "deploy",
) -> dict[str, dict[str, Any]]:
    """What the command of each instance is given, in the order of the batches.

    Instances that have the release already, with all that belongs to it, go first and all together: nothing changes
    there.
    """
    common: dict[str, Any] = {"app": app.name, "release": wanted.release, "revision": wanted.revision}
    if attributes:
        common["attributes"] = dict(attributes)
    if kind in ACTIONS:
        return _of_action(stack, app, targets, {**common, ACTION: kind})
    same = [name for name in targets if _unchanged(stack, app, name, state, wanted)]
    changed = [name for name in targets if name not in same]
    planned: dict[str, dict[str, Any]] = {}
    for name in same:
        planned[name] = {**common, turns.WAVE: 0, turns.UNCHANGED: True}
    waves = batches(stack, app, changed)
    for place, wave in enumerate(waves, 1):
        for name in wave:
            planned[name] = {**common, turns.WAVE: place, "waves": len(waves)}
    return planned


def _of_action(stack: Stack, app: App, targets: Sequence[str], common: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A restart goes in the batches of a deploy; an app is stopped and started everywhere at once."""
    waves = batches_of_layers(stack, app, targets) if common[ACTION] == RESTART else (tuple(targets),)
    return {
        name: {**common, turns.WAVE: place, "waves": len(waves)} for place, wave in enumerate(waves, 1) for name in wave
    }


def _unchanged(stack: Stack, app: App, name: str, state: StackState, wanted: Deployment) -> bool:
    """Whether a deploy would find everything there, and no automation of the user's own takes part in it."""
    instance = stack.instances[name]
    if app.deploy.hooks or any(layer.recipes.get(Event.DEPLOY) for layer in stack.layers_of(instance)):
        return False
    is_there = AppRelease(app.name, wanted.release, wanted.revision)
    found = next((item for item in state.instances[name].apps if item == is_there), None)
    return found is not None and found.digest == digest(stack, app, instance, wanted.release)


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
    for command in _commands(rollout, state):
        claim = state.claims.get(command.instance)
        if claim is None or claim.run != command.run or claim.run == run:
            continue
        if claim.run not in dead and claim.expires > now:
            return True
    here = process.is_alive(rollout.host, rollout.process, rollout.process_started)
    return here if here is not None else now - rollout.started < timedelta(seconds=QUIET_SECONDS)


def locked(rollout: Rollout, state: StackState) -> str:
    """Say who deploys the app, since when and why, how far it is, and what one can do."""
    left = [command.arguments[turns.WAVE] for command in _commands(rollout, state)]
    waves = max((command.arguments.get("waves", 1) for command in _commands(rollout, state)), default=1)
    far = f"at batch {max(1, min(left))} of {waves}" if left else "about to end"
    return (
        f"{rollout.app} is locked by {rollout.actor} since {rollout.started:%H:%M:%S} UTC: {rollout.kind} of "
        f"{rollout.revision[:12]} ({rollout.reason}), {far}. Nothing was asked for. Wait for it, or end its run; "
        "stackward converge goes on with one that was cut short."
    )


def _commands(rollout: Rollout, state: StackState) -> tuple[Command, ...]:
    return tuple(command for command in state.commands if command.batch == rollout.batch)


def _take_over(transaction: StackTransaction, rollout: Rollout, state: StackState, why: str, now: datetime) -> set[str]:
    """End a rollout that nobody works on. Returns the instances on which it had begun."""
    begun = set()
    for command in _commands(rollout, state):
        if command.status is CommandStatus.RUNNING:
            begun.add(command.instance)
        transaction.finish_command(command.id, None, CommandStatus.SUPERSEDED, now, failure=why)
    _close(transaction, rollout, RolloutStatus.SUPERSEDED, now)
    return begun


def release_lock(transaction: StackTransaction, app: str, why: str, now: datetime) -> None:
    """End the rollout of an app that nobody works on. Raises StackwardError if somebody does."""
    held = lock(transaction.state, app)
    if held is None:
        return
    if alive(held, transaction.state, now):
        raise StackwardError(locked(held, transaction.state))
    _take_over(transaction, held, transaction.state, why, now)


def failed(store: Store, stack: Stack, name: str, hold: Hold, failure: str, now: Callable[[], datetime]) -> None:
    """The release does not run on the instance: the rollout goes no further, and its batch is to be taken back."""
    with store.transaction(stack.name) as transaction:
        note_failure(transaction, name, hold, failure, now())


def note_failure(transaction: StackTransaction, name: str, hold: Hold, failure: str, now: datetime) -> bool:
    """As `failed`, within a transaction. Returns whether the run is at work on a rollout there."""
    state = transaction.state
    found = _working(state, name, hold.run)
    if found is None:
        return False
    rollout = state.rollouts[found.batch]
    transaction.blame_command(found.id, hold.epoch, failure)
    if rollout.status is RolloutStatus.RUNNING:
        transaction.fail_rollout(rollout.id, f"{name}: {failure}")
    transaction.note("failure", failure, actor=hold.actor, now=now, instance=name, run=hold.run)
    return True


def _working(state: StackState, name: str, run: int) -> Command | None:
    """The command of a rollout that a run is at work on."""
    for command in state.commands:
        mine = command.instance == name and command.run == run and command.status is CommandStatus.RUNNING
        if mine and turns.rolling(command) and command.batch in state.rollouts:
            return command
    return None


def going_back(state: StackState, command: Command) -> bool:
    """Whether nothing is left of the command but to take back what it did."""
    rollout = state.rollouts.get(command.batch)
    return rollout is not None and rollout.status is RolloutStatus.FAILING


def verdict(
    store: Store,
    stack: Stack,
    names: Collection[str],
    run: int,
    now: Callable[[], datetime],
    ran: Mapping[str, Parts] = {},
) -> frozenset[str]:
    """Conclude a batch that a run has worked on: the instances that must be taken back, nobody if all went well.

    All of a batch is written at once, so that it is never half concluded. `ran` is what the deploy has run, by
    instance, for those where somebody looked.
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
            _succeeded(transaction, stack, command, ran.get(name), now())
        for rollout in state.rollouts.values():
            if rollout.status is RolloutStatus.FAILING:
                _stop(transaction, rollout, state, now())
            conclude(transaction, stack, rollout, now())
        return frozenset(back)


def _succeeded(transaction: StackTransaction, stack: Stack, command: Command, ran: Parts | None, now: datetime) -> None:
    claim = transaction.state.claims[command.instance]
    transaction.finish_command(command.id, claim.epoch, CommandStatus.SUCCESSFUL, now, exit_code=0)
    arguments = command.arguments
    app, instance = stack.apps.get(arguments["app"]), stack.instances.get(command.instance)
    made_with = digest(stack, app, instance, arguments["release"]) if app and instance else ""
    transaction.set_release(
        command.instance,
        claim.epoch,
        AppRelease(arguments["app"], arguments["release"], arguments["revision"], made_with),
    )
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
    for command in _commands(rollout, state):
        if command.status is CommandStatus.PENDING:
            transaction.finish_command(
                command.id, None, CommandStatus.SKIPPED, now, failure=f"stopped: {rollout.failure}"
            )


def taken_back(store: Store, stack: Stack, name: str, hold: Hold, trouble: str, now: Callable[[], datetime]) -> str:
    """The instance has the release before again, or could not be given it: `trouble`. Returns what to tell."""
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        command = _working(state, name, hold.run)
        if command is None:
            return ""
        rollout = state.rollouts[command.batch]
        own = command.failure
        after = f"and the release before could not be put back: {trouble}" if trouble else "the release before is back"
        said = f"{own} — {after}" if own else f"taken back, as {rollout.failure} — {after}"
        status = CommandStatus.FAILED if own or trouble else CommandStatus.SUPERSEDED
        transaction.finish_command(command.id, hold.epoch, status, now(), exit_code=1 if own else None, failure=said)
        transaction.note(
            "failure" if trouble else "command",
            f"{command.event} {status.value}: {said}",
            actor=hold.actor,
            now=now(),
            instance=name,
            run=hold.run,
            data={"command": command.id, "event": command.event},
        )
        transaction.release(name, hold.epoch)
        conclude(transaction, stack, rollout, now())
        return said


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
        _close(transaction, rollout, RolloutStatus.FAILED, now)
    elif CommandStatus.SUCCESSFUL not in ended:
        _close(transaction, rollout, RolloutStatus.SKIPPED, now)
    elif rollout.kind in ACTIONS or not _follow(transaction, stack, rollout, commands, now):
        _close(transaction, rollout, RolloutStatus.SUCCESSFUL, now)
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
    planned = arguments_of(stack, app, late, state, wanted, {})
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


def _close(transaction: StackTransaction, rollout: Rollout, status: RolloutStatus, now: datetime) -> None:
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
    return HostResult(command.status.value, took, command.failure)


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
    rest = [name for name in rollout.results if name not in new]
    keeps = f" {', '.join(new)} had it before and keep it: stackward rollback takes it back." if new else ""
    return f"{what} was stopped: {rollout.failure}\n{', '.join(rest)} serve what they served before.{keeps}"
