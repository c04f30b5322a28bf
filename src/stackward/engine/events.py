"""One lifecycle event on one instance: begin it, compile what the instance must be, and record how it ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackward.definition.model import App, Instance, Secret, Stack
from stackward.engine import databases, deployments
from stackward.engine.machines import Hold
from stackward.engine.peers import peers
from stackward.engine.sources import fetch
from stackward.errors import StackwardError
from stackward.layers import compile_event
from stackward.layers.context import AppOnInstance, DatabaseAccess, LayerContext
from stackward.layers.resources import Resource
from stackward.lifecycle.attributes import DeployedApp, document
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import AppRelease, Command, CommandStatus, Deployment, StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

RUN_RECIPES = "run_recipes"
"""The command that runs any recipes on request; it has no built-in part."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An event that has begun: its command, what to apply on the host, and the document for the recipes."""

    command: int
    event: str
    resources: tuple[Resource, ...]
    document: Mapping[str, Any]
    generation: int
    releases: tuple[AppRelease, ...] = ()


def begin(
    store: Store,
    stack: Stack,
    name: str,
    event: str,
    hold: Hold,
    *,
    command: int | None,
    initiator: Initiator,
    reason: str,
    decrypt: Callable[[str], str],
    now: Callable[[], datetime],
) -> Begun:
    """Begin the event under the claim: an asked-for `command`, or one that the engine writes for itself.

    Raises StackwardError if an app's source cannot be fetched or a layer cannot be compiled; the command has then
    begun, and the caller records its failure.
    """
    with store.transaction(stack.name) as transaction:
        number = command
        if number is None:
            number = transaction.ask(
                name, event, {}, batch=None, initiator=initiator, reason=reason, automatic=True, now=now()
            ).id
        transaction.begin_command(number, hold.epoch, hold.run, now())
        state = transaction.state
        asked = next(item for item in state.commands if item.id == number)
        accesses = _accesses(transaction, stack, state)
    return _compiled(store, stack, name, event, asked, state, accesses, decrypt, now)


def look(
    store: Store,
    stack: Stack,
    name: str,
    event: str,
    arguments: Mapping[str, Any],
    *,
    decrypt: Callable[[str], str],
    now: Callable[[], datetime],
) -> Begun:
    """What the event would apply now; nothing is written. Raises as `begin` does."""
    with contextlib.suppress(_NotWrittenError), store.transaction(stack.name) as transaction:
        state = transaction.state
        accesses = _accesses(transaction, stack, state)
        raise _NotWrittenError
    imagined = Command(
        id=0,
        batch=0,
        instance=name,
        event=event,
        arguments=arguments,
        initiator=Initiator.USER,
        reason="a look",
        automatic=False,
        status=CommandStatus.PENDING,
        created=now(),
    )
    return _compiled(store, stack, name, event, imagined, state, accesses, decrypt, now)


class _NotWrittenError(Exception):
    """Ends a transaction without saving it."""


def _accesses(transaction: StackTransaction, stack: Stack, state: StackState) -> dict[str, DatabaseAccess]:
    found = {app.name: databases.access(transaction, stack, state, app) for app in stack.apps.values()}
    return {name: access for name, access in found.items() if access is not None}


def _compiled(
    store: Store,
    stack: Stack,
    name: str,
    event: str,
    command: Command,
    state: StackState,
    accesses: Mapping[str, DatabaseAccess],
    decrypt: Callable[[str], str],
    now: Callable[[], datetime],
) -> Begun:
    instance = stack.instances.get(name) or _departed(stack, state, name)
    chosen = _apps(store, stack, state, instance, event, command, now)
    there = tuple(
        AppOnInstance(
            app=app,
            release=deployment.release,
            revision=deployment.revision,
            archive=str(fetch(stack.data, app, deployment.revision).archive) if event == Event.DEPLOY.value else None,
            environment=_environment(app, decrypt),
            database=accesses.get(app.name),
        )
        for app, deployment in chosen
    )
    about = event in (Event.DEPLOY.value, Event.UNDEPLOY.value, RUN_RECIPES)
    everyone = peers(stack, state)
    attributes = document(
        stack,
        everyone,
        instance,
        event,
        deploy=tuple(DeployedApp(item.app.name, item.release, item.revision) for item in there) if about else (),
        custom=command.arguments.get("attributes"),
    )
    resources: tuple[Resource, ...] = ()
    if event != RUN_RECIPES:
        lifecycle = Event(event)
        resources = compile_event(
            [
                LayerContext(
                    stack=stack,
                    layer=layer,
                    instance=instance,
                    event=lifecycle,
                    peers=everyone,
                    document=attributes,
                    apps=tuple(item for item in there if layer.name in item.app.layers),
                    databases=tuple(access for access in accesses.values() if access.layer == layer.name),
                )
                for layer in stack.layers_of(instance)
            ]
        )
    return Begun(
        command=command.id,
        event=event,
        resources=resources,
        document=attributes,
        generation=state.generation,
        releases=tuple(AppRelease(item.app.name, item.release, item.revision) for item in there),
    )


def _departed(stack: Stack, state: StackState, name: str) -> Instance:
    """An instance that has left the file, with those of its layers that the file still has."""
    return Instance(name, tuple(layer for layer in state.instances[name].layers if layer in stack.layers))


def _environment(app: App, decrypt: Callable[[str], str]) -> dict[str, str]:
    return {
        key: decrypt(value.ciphertext) if isinstance(value, Secret) else value for key, value in app.environment.items()
    }


def _apps(
    store: Store,
    stack: Stack,
    state: StackState,
    instance: Instance,
    event: str,
    command: Command,
    now: Callable[[], datetime],
) -> Sequence[tuple[App, Deployment]]:
    """The apps that the event is about, with their releases: the named one, or all of the instance's layers."""
    mine = stack.apps_of(instance)
    named = command.arguments.get("app")
    if event == Event.DEPLOY.value and named is None:
        found = [(app, deployments.for_setup(store, stack, app, now)) for app in mine]
        return [(app, deployment) for app, deployment in found if deployment is not None]
    if event == Event.DEPLOY.value:
        app = _named(mine, str(named), instance)
        return [(app, Deployment(app.name, command.arguments["release"], command.arguments["revision"], now()))]
    live = {release.app: release for release in state.instances[instance.name].apps}
    return [
        (app, Deployment(app.name, live[app.name].release, live[app.name].revision, now()))
        for app in mine
        if app.name in live and named in (None, app.name)
    ]


def _named(mine: Sequence[App], name: str, instance: Instance) -> App:
    for app in mine:
        if app.name == name:
            return app
    raise StackwardError(f"App {name} does not run on {instance.name}; its layers are {', '.join(instance.layers)}.")


def finish(
    store: Store,
    stack: Stack,
    name: str,
    begun_event: str,
    command: int,
    hold: Hold,
    status: CommandStatus,
    *,
    generation: int,
    releases: Sequence[AppRelease],
    failure: str = "",
    exit_code: int | None = None,
    let_go: bool = False,
    now: Callable[[], datetime],
) -> None:
    """Record how the event ended, and what it changed: releases, the generation configured, the app's live release.

    `let_go` gives the claim back in the same write.
    """
    with store.transaction(stack.name) as transaction:
        before = next((item for item in transaction.state.commands if item.id == command), None)
        transaction.finish_command(command, hold.epoch, status, now(), exit_code=exit_code, failure=failure)
        transaction.note(
            "command",
            f"{begun_event} {status.value}" + (f": {failure}" if failure else ""),
            actor=hold.actor,
            now=now(),
            instance=name,
            run=hold.run,
            data={"command": command, "event": begun_event},
        )
        if let_go:
            transaction.release(name, hold.epoch)
        if status is not CommandStatus.SUCCESSFUL:
            return
        if begun_event == Event.CONFIGURE.value:
            transaction.configured(name, hold.epoch, generation)
        if begun_event == Event.DEPLOY.value:
            for release in releases:
                transaction.set_release(name, hold.epoch, release)
        if begun_event == Event.UNDEPLOY.value:
            for release in releases:
                transaction.drop_release(name, hold.epoch, release.app)
        if before is not None and "app" in before.arguments:
            _concluded(transaction, before, now())


def _concluded(transaction: StackTransaction, command: Command, now: datetime) -> None:
    """Once every instance of a deploy or undeploy has succeeded, it becomes what new instances get.

    An instance whose command was skipped or failed keeps the batch from concluding.
    """
    if not transaction.batch_successful(command.batch):
        return
    app = command.arguments["app"]
    if command.event == Event.DEPLOY.value:
        transaction.set_deployment(Deployment(app, command.arguments["release"], command.arguments["revision"], now))
    elif command.event == Event.UNDEPLOY.value:
        transaction.set_deployment(Deployment(app, "", "", now))


def online(store: Store, stack: Stack, name: str, hold: Hold, now: Callable[[], datetime]) -> None:
    """Put the instance online after Setup and Deploy, and let go of it."""
    with store.transaction(stack.name) as transaction:
        transaction.advance(name, hold.epoch, State.ONLINE, now(), actor=hold.actor, text="set up", run=hold.run)
        record = transaction.state.instances[name]
        if record.request is not None and record.request.desired is Desired.ONLINE:
            transaction.clear_request(name, hold.epoch)
        transaction.release(name, hold.epoch)


def shutting_down(store: Store, stack: Stack, name: str, hold: Hold, now: Callable[[], datetime]) -> None:
    """Begin the Shutdown event of an instance that has been drained."""
    with store.transaction(stack.name) as transaction:
        transaction.advance(
            name, hold.epoch, State.SHUTTING_DOWN, now(), actor=hold.actor, text="drained", run=hold.run
        )


def let_go(store: Store, stack: Stack, name: str, hold: Hold) -> None:
    """Give the claim back after commands that leave the state as it is."""
    with store.transaction(stack.name) as transaction:
        transaction.release(name, hold.epoch)


_FAILED_STATE: Mapping[State, State] = {
    State.REQUESTED: State.START_FAILED,
    State.PENDING: State.START_FAILED,
    State.BOOTING: State.START_FAILED,
    State.RUNNING_SETUP: State.SETUP_FAILED,
    State.REBOOTING: State.CONNECTION_LOST,
    State.STOPPING: State.STOP_FAILED,
    State.SHUTTING_DOWN: State.STOP_FAILED,
    State.TERMINATING: State.STOP_FAILED,
}


def event_failed(
    store: Store,
    stack: Stack,
    name: str,
    hold: Hold,
    failure: str,
    *,
    expired: bool = False,
    now: Callable[[], datetime],
) -> None:
    """Record that the running event failed, and nothing else: the move goes on without it."""
    with store.transaction(stack.name) as transaction:
        _fail_commands(transaction, name, hold, failure, expired=expired, now=now())


def _fail_commands(
    transaction: StackTransaction, name: str, hold: Hold, failure: str, *, expired: bool, now: datetime
) -> None:
    status = CommandStatus.EXPIRED if expired else CommandStatus.FAILED
    for command in transaction.state.commands:
        if command.instance == name and command.run == hold.run:
            transaction.finish_command(command.id, hold.epoch, status, now, exit_code=1, failure=failure)
    transaction.note("failure", failure, actor=hold.actor, now=now, instance=name, run=hold.run)


_GIVEN_UP: Mapping[State, frozenset[Desired]] = {
    State.START_FAILED: frozenset({Desired.ONLINE}),
    State.SETUP_FAILED: frozenset({Desired.ONLINE}),
    State.STOP_FAILED: frozenset({Desired.STOPPED, Desired.TERMINATED}),
    State.CONNECTION_LOST: frozenset(),
}
"""Which requests are over once an instance has failed. One that asks for the opposite came later and stays."""


def failed(
    store: Store,
    stack: Stack,
    name: str,
    hold: Hold,
    failure: str,
    *,
    expired: bool = False,
    now: Callable[[], datetime],
) -> State:
    """Record that the instance's move failed: its running command, its state, and that its request is over.

    Whoever asked must ask again. Returns the state that the instance is left in.
    """
    with store.transaction(stack.name) as transaction:
        record = transaction.state.instances[name]
        _fail_commands(transaction, name, hold, failure, expired=expired, now=now())
        after = _FAILED_STATE.get(record.state)
        if after is not None:
            transaction.advance(name, hold.epoch, after, now(), failure=failure, actor=hold.actor, run=hold.run)
            if record.request is not None and record.request.desired in _GIVEN_UP[after]:
                transaction.clear_request(name, hold.epoch)
            if after is State.CONNECTION_LOST:
                transaction.want_reboot(name, wanted=False)
        transaction.release(name, hold.epoch)
        return after or record.state
