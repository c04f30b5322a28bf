"""What an event wants of an instance: every layer's resources, the apps concerned, and the attribute document."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stackward.definition.model import App, Instance, Layer, Secret, Source, SourceType, Stack
from stackward.engine import databases, deployments, services
from stackward.engine.certificates import certificates
from stackward.engine.peers import peers
from stackward.errors import StackwardError
from stackward.layers import built_in, compile_event, compile_health, compile_layer
from stackward.layers.base import base
from stackward.layers.context import AgentOnInstance, AppOnInstance, DatabaseAccess, LayerContext
from stackward.layers.leaving import leaving
from stackward.layers.resources import Resource, Run
from stackward.lifecycle.attributes import DatabasePlace, DeployedApp, document
from stackward.lifecycle.events import Event
from stackward.resources.overview import database_places
from stackward.rollout import drift, turns
from stackward.rollout.actions import ACTION, RESTART, STOP
from stackward.state.records import AppRelease, Command, Deployment, Rollout, StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

LEAVES = "leaves"
"""The argument of an event that is only about layers which the instance does not have any more."""

RUN_RECIPES = "run_recipes"
"""The command that runs any recipes on request; it has no built-in part."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An event that has begun: its command, what to apply on the host, and the document for the recipes.

    `health` is what the host must pass after a deploy; `undo` the name under which the host remembers what was before.
    `idle` says that nothing is to be done there but to tell recipes of a deploy, if there are any.
    """

    command: int
    event: str
    resources: tuple[Resource, ...]
    document: Mapping[str, Any]
    generation: int
    releases: tuple[AppRelease, ...] = ()
    health: tuple[Resource, ...] = ()
    undo: str = ""
    idle: bool = False
    absent: frozenset[str] = frozenset()
    """Archives of releases that the host most likely does not have: what it was given last, and keeps, it has."""


@dataclass(frozen=True, slots=True)
class Accesses:
    """Credentials that the engine makes: every app's database access, by app, and passwords of caches, by layer.

    `places` are where the databases that are no layer are.
    """

    databases: Mapping[str, DatabaseAccess]
    passwords: Mapping[str, str] = field(repr=False)
    places: Mapping[str, DatabasePlace] = field(default_factory=dict)


def accesses_of(transaction: StackTransaction, stack: Stack, state: StackState) -> Accesses:
    """What the stack's parts need to log in to each other. Credentials that are missing are made."""
    found = {app.name: databases.access(transaction, stack, state, app) for app in stack.apps.values()}
    return Accesses(
        {name: access for name, access in found.items() if access is not None},
        services.passwords(transaction, stack),
        database_places(stack, transaction.resources()) if stack.databases else {},
    )


def compiled(
    store: Store,
    stack: Stack,
    name: str,
    event: str,
    command: Command,
    state: StackState,
    accesses: Accesses,
    agent: AgentOnInstance | None,
    decrypt: Callable[[str], str],
    now: Callable[[], datetime],
    only: str | None = None,
) -> Begun:
    """The command's event for the instance, compiled against the state. Raises StackwardError where that cannot be.

    With `only`, the built-in part of that layer alone.
    """
    instance = stack.instances.get(name) or _departed(stack, state, name)
    layers: Sequence[Layer] = stack.layers_of(instance)
    left = command.arguments.get(LEAVES)
    if left is not None:
        instance = _departed(stack, state, name)
        layers = [stack.layers[each] for each in left if each in stack.layers]
    chosen = _apps(store, stack, state, instance, event, command, now)
    rollout = state.rollouts.get(command.batch) if turns.rolling(command) else None
    record = state.instances.get(name)
    known = {item.app: item for item in record.apps} if record is not None else {}
    there = tuple(
        AppOnInstance(
            app=app,
            release=deployment.release,
            revision=deployment.revision,
            archive=deployments.archive(stack, app, deployment) if event == Event.DEPLOY.value else None,
            environment=_environment(app, decrypt),
            database=databases.opened(stack, app, accesses.databases.get(app.name), decrypt),
            before=deployments.before(store, stack, state, name, deployment) if event == Event.DEPLOY.value else (),
            migration=_migration(rollout, command, state),
            running=deployment.running,
            # Only a Configure asks; elsewhere the app may have left the file.
            settled=event != Event.CONFIGURE.value
            or only is not None
            or not drift.other_settings(stack, app, instance, known.get(app.name)),
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
        databases=accesses.places,
    )
    resources: tuple[Resource, ...] = ()
    health: tuple[Resource, ...] = ()
    idle = False
    if event != RUN_RECIPES:
        lifecycle = Event(event)
        caches = services.accesses(stack, accesses.passwords, decrypt)
        contexts = [
            LayerContext(
                stack=stack,
                layer=_opened(layer, decrypt),
                instance=instance,
                event=lifecycle,
                peers=everyone,
                document=attributes,
                apps=tuple(item for item in there if layer.name in item.app.layers),
                databases=tuple(access for access in accesses.databases.values() if access.layer == layer.name),
                services=caches,
                certificates=certificates(stack, decrypt) if built_in(layer).balances else {},
                agent=agent,
            )
            for layer in layers
            if only in (None, layer.name)
        ]
        resources = (*compile_event(contexts), *_again(command)) if only is None else compile_layer(*contexts)
        if left is not None and lifecycle is Event.SHUTDOWN:
            gone = drift.gone(stack, state.instances[name], left)
            resources = (*resources, *leaving((*layers, *gone), stack.layers_of(stack.instances[name])))
        if lifecycle is Event.DEPLOY:
            health = compile_health(contexts)
            idle = bool(contexts) and resources == base(contexts[0])
    return Begun(
        command=command.id,
        event=event,
        resources=resources,
        document=attributes,
        generation=state.generation,
        releases=tuple(
            # An app that is undeployed may have left the file, and nothing is compared with it any more.
            deployments.as_deployed(stack, app, instance, deployment)
            if event == Event.DEPLOY.value
            else AppRelease(app.name, deployment.release, deployment.revision)
            for app, deployment in chosen
        ),
        health=health,
        idle=idle,
        undo=f"rollout-{rollout.id}" if rollout is not None else "",
        absent=_absent(there, state, name, rollout),
    )


def _absent(there: Sequence[AppOnInstance], state: StackState, name: str, rollout: Rollout | None) -> frozenset[str]:
    if rollout is not None and rollout.kind != "deploy":
        return frozenset()
    record = state.instances.get(name)
    known = {(item.app, item.release) for item in record.apps} if record is not None else set()
    return frozenset(
        item.archive for item in there if item.archive is not None and (item.app.name, item.release) not in known
    )


def _again(command: Command) -> tuple[Resource, ...]:
    """What restarts the app where that was asked for."""
    if command.arguments.get(ACTION) != RESTART:
        return ()
    unit = f"{command.arguments['app']}.service"
    return (Run(name=f"{command.arguments['app']}: restart", command=("systemctl", "restart", unit)),)


def _migration(rollout: Rollout | None, command: Command, state: StackState) -> str:
    """The name under which this command runs the app's migration; "" where another one does, or has done."""
    if rollout is None or ACTION in command.arguments or not turns.leads(rollout, command, state.commands):
        return ""
    return str(rollout.id)


def _opened(layer: Layer, decrypt: Callable[[str], str]) -> Layer:
    """The layer with its vault-encrypted settings in clear."""
    return dataclasses.replace(layer, settings={key: _clear(value, decrypt) for key, value in layer.settings.items()})


def _clear(value: Any, decrypt: Callable[[str], str]) -> Any:
    if isinstance(value, Secret):
        return decrypt(value.ciphertext)
    if isinstance(value, Mapping):
        return {key: _clear(item, decrypt) for key, item in value.items()}
    return value


def _departed(stack: Stack, state: StackState, name: str) -> Instance:
    """An instance that has left the file, or layers in it, with those that it is set up for and that the file has."""
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
    if LEAVES in command.arguments:
        kept = stack.apps_of(stack.instances[instance.name])
        mine = tuple(app for app in mine if app not in kept)
    named = command.arguments.get("app")
    if event == Event.DEPLOY.value and named is None:
        found = [(app, deployments.for_setup(store, stack, app, now)) for app in mine]
        return [(app, deployment) for app, deployment in found if deployment is not None]
    if event == Event.DEPLOY.value:
        app = _named(mine, str(named), instance)
        asked = command.arguments
        running = asked.get(ACTION) != STOP
        return [(app, Deployment(app.name, asked["release"], asked["revision"], now(), running))]
    record = state.instances[instance.name]
    live = {release.app: release for release in record.apps}
    if event == Event.UNDEPLOY.value and named is None:
        mine = tuple(_departed_app(name, instance) for name in drift.departed(stack, record))
    return [
        (app, Deployment(app.name, live[app.name].release, live[app.name].revision, now(), _runs(state, app)))
        for app in mine
        if app.name in live and named in (None, app.name)
    ]


def _departed_app(name: str, instance: Instance) -> App:
    """An app that has left the file, or the layers of the instance: enough of it to take it away."""
    return App(name, instance.layers, Source(SourceType.DIRECTORY, "/"))


def _runs(state: StackState, app: App) -> bool:
    deployment = state.deployments.get(app.name)
    return deployment is None or deployment.running


def _named(mine: Sequence[App], name: str, instance: Instance) -> App:
    for app in mine:
        if app.name == name:
            return app
    raise StackwardError(f"App {name} does not run on {instance.name}; its layers are {', '.join(instance.layers)}.")
