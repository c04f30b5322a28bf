"""What an event wants of an instance: every layer's resources, the apps concerned, and the attribute document."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackward.attributes import DeployedApp, Peer, document
from stackward.definition.model import App, Layer, Secret
from stackward.engine import databases, deployments, services
from stackward.engine.app_choice import chosen
from stackward.engine.asked import Asked
from stackward.engine.certificates import certificates
from stackward.engine.code.kept import archive_of
from stackward.engine.peers import peers
from stackward.layers import built_in, compile_event, compile_health, compile_layer, port_by_deploy
from stackward.layers.base import base
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.leaving import leaving
from stackward.layers.resources import Resource, Run
from stackward.lifecycle.events import Event
from stackward.rollout import drift, turns
from stackward.rollout.actions import ACTION, RESTART
from stackward.state.records import AppRelease, Command, Deployment, Rollout

RUN_RECIPES = "run_recipes"
"""The command that runs any recipes on request; it has no built-in part."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A release that the host most likely does not have, and what it has of the app: what it was given last, it keeps.

    Archives are paths on this controller; that of `live` may be gone. Without a `live` one the host has none.
    """

    archive: str
    live: str = ""
    live_archive: str = ""


@dataclass(frozen=True, slots=True)
class Underway:
    """An event that goes on, by what it takes to record its success.

    `generation` is that of the stack which it was compiled for; `releases` are of the apps that it is about.
    """

    command: int
    event: str
    generation: int
    releases: tuple[AppRelease, ...]


@dataclass(frozen=True, slots=True)
class Begun(Underway):
    """An event that has begun: its command, what to apply on the host, and the document for the recipes.

    `health` is what the host must pass after a deploy, `health_before` what it must pass where that was taken back;
    `undo` the name under which the host remembers what was before.
    `idle` says that nothing is to be done there but to tell recipes of a deploy, if there are any.
    """

    resources: tuple[Resource, ...]
    document: Mapping[str, Any]
    health: tuple[Resource, ...] = ()
    health_before: tuple[Resource, ...] = ()
    undo: str = ""
    idle: bool = False
    absent: tuple[Absent, ...] = ()


def compiled(asked: Asked, only: str | None = None) -> Begun:
    """The command's event for its instance. Raises StackwardError where that cannot be compiled.

    With `only`, the built-in part of that layer alone.
    """
    command, event = asked.command, asked.event
    apps = chosen(asked)
    rollout = asked.state.rollouts.get(command.batch) if turns.rolling(command) else None
    there = tuple(_on_instance(asked, app, deployment, rollout, only) for app, deployment in apps)
    everyone = peers(asked.stack, asked.state)
    attributes = _attributes(asked, everyone, there)
    contexts = () if event == RUN_RECIPES else _contexts(asked, everyone, attributes, there, only)
    resources = () if event == RUN_RECIPES else _resources(asked, contexts, only)
    deploys = event == Event.DEPLOY.value
    return Begun(
        command=command.id,
        event=event,
        generation=asked.state.generation,
        releases=tuple(_release(asked, app, deployment) for app, deployment in apps),
        resources=resources,
        document=attributes,
        health=compile_health(contexts) if deploys else (),
        health_before=compile_health([_as_before(asked, context) for context in contexts]) if deploys else (),
        undo=f"rollout-{rollout.id}" if rollout is not None else "",
        idle=deploys and bool(contexts) and resources == base(contexts[0]),
        absent=_absent(asked, there, rollout),
    )


def _on_instance(
    asked: Asked, app: App, deployment: Deployment, rollout: Rollout | None, only: str | None
) -> AppOnInstance:
    deploys = asked.event == Event.DEPLOY.value
    # Only a Configure asks; elsewhere the app may have left the file.
    compared = asked.event == Event.CONFIGURE.value and only is None
    return AppOnInstance(
        app=app,
        release=deployment.release,
        revision=deployment.revision,
        archive=deployments.archive(asked.stack, app, deployment) if deploys else None,
        environment={key: asked.clear(value) for key, value in app.environment.items()},
        database=databases.opened(asked.stack, app, asked.accesses.databases.get(app.name), asked.decrypt),
        before=deployments.before(asked.store, asked.stack, asked.state, asked.name, deployment) if deploys else (),
        migration=_migration(asked, rollout),
        running=deployment.running,
        settled=not (compared and drift.other_settings(asked.stack, app, asked.instance, asked.releases.get(app.name))),
    )


def _attributes(asked: Asked, everyone: Mapping[str, Peer], there: Sequence[AppOnInstance]) -> Mapping[str, Any]:
    about = asked.event in (Event.DEPLOY.value, Event.UNDEPLOY.value, RUN_RECIPES)
    return document(
        asked.stack,
        everyone,
        asked.instance,
        asked.event,
        deploy=tuple(DeployedApp(item.app.name, item.release, item.revision) for item in there) if about else (),
        custom=asked.command.arguments.get("attributes"),
        databases=asked.accesses.places,
    )


def _contexts(
    asked: Asked,
    everyone: Mapping[str, Peer],
    attributes: Mapping[str, Any],
    there: Sequence[AppOnInstance],
    only: str | None,
) -> tuple[LayerContext, ...]:
    caches = services.accesses(asked.stack, asked.accesses.passwords, asked.decrypt)
    return tuple(
        LayerContext(
            stack=asked.stack,
            layer=_opened(layer, asked.decrypt),
            instance=asked.instance,
            event=Event(asked.event),
            peers=everyone,
            document=attributes,
            apps=tuple(item for item in there if layer.name in item.app.layers),
            databases=tuple(access for access in asked.accesses.databases.values() if access.layer == layer.name),
            services=caches,
            certificates=certificates(asked.stack, asked.decrypt) if built_in(layer).balances else {},
            agent=asked.agent,
        )
        for layer in asked.layers
        if only in (None, layer.name)
    )


def _resources(asked: Asked, contexts: Sequence[LayerContext], only: str | None) -> tuple[Resource, ...]:
    if only is not None:
        return compile_layer(*contexts)
    resources = (*compile_event(contexts), *_again(asked.command))
    if asked.left is None or asked.event != Event.SHUTDOWN.value:
        return resources
    gone = drift.gone(asked.stack, asked.state.instances[asked.name], asked.left)
    kept = asked.stack.layers_of(asked.stack.instances[asked.name])
    return (*resources, *leaving((*asked.layers, *gone), kept))


def _as_before(asked: Asked, context: LayerContext) -> LayerContext:
    return dataclasses.replace(context, apps=tuple(_asked_at_its_port(asked, item) for item in context.apps))


def _asked_at_its_port(asked: Asked, item: AppOnInstance) -> AppOnInstance:
    """The app, asked at the port on which it answers so far where a deploy would give it the one that is asked."""
    check, live = item.app.deploy.health, asked.releases.get(item.app.name)
    given = port_by_deploy(asked.stack, item.app, asked.instance.layers)
    if check is None or given is None or check.port != given or live is None or live.port is None:
        return item
    deploy = dataclasses.replace(item.app.deploy, health=dataclasses.replace(check, port=live.port))
    return dataclasses.replace(item, app=dataclasses.replace(item.app, deploy=deploy))


def _release(asked: Asked, app: App, deployment: Deployment) -> AppRelease:
    if asked.event == Event.DEPLOY.value:
        return deployments.as_deployed(asked.stack, app, asked.instance, deployment)
    # An app that is undeployed may have left the file, and nothing is compared with it any more.
    return AppRelease(app.name, deployment.release, deployment.revision)


def _absent(asked: Asked, there: Sequence[AppOnInstance], rollout: Rollout | None) -> tuple[Absent, ...]:
    if rollout is not None and rollout.kind != "deploy":
        return ()
    found = []
    for item in there:
        live = asked.releases.get(item.app.name)
        if item.archive is None or (live is not None and live.release == item.release):
            continue
        if live is None or not live.release:
            found.append(Absent(item.archive))
        else:
            kept = archive_of(asked.stack.data, item.app.name, live.revision)
            found.append(Absent(item.archive, live.release, str(kept)))
    return tuple(found)


def _again(command: Command) -> tuple[Resource, ...]:
    """What restarts the app where that was asked for."""
    if command.arguments.get(ACTION) != RESTART:
        return ()
    unit = f"{command.arguments['app']}.service"
    return (Run(name=f"{command.arguments['app']}: restart", command=("systemctl", "restart", unit)),)


def _migration(asked: Asked, rollout: Rollout | None) -> str:
    """The name under which this command runs the app's migration; "" where another one does, or has done."""
    command = asked.command
    if rollout is None or ACTION in command.arguments or not turns.leads(rollout, command, asked.state.commands):
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
