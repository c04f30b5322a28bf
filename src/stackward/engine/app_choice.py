"""Which apps an event on an instance is about, and with which release."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.model import App, Instance, Source, SourceType
from stackward.engine import deployments
from stackward.engine.asked import Asked
from stackward.errors import StackwardError
from stackward.lifecycle.events import Event
from stackward.rollout import drift
from stackward.rollout.actions import ACTION, STOP
from stackward.state.records import Deployment


def chosen(asked: Asked) -> Sequence[tuple[App, Deployment]]:
    """The app that the command names, or all of the instance's layers. Raises StackwardError as `deployments` does."""
    named = asked.command.arguments.get("app")
    if asked.event != Event.DEPLOY.value:
        return _there(asked, named)
    return _for_setup(asked) if named is None else [_named(asked, str(named))]


def _mine(asked: Asked) -> tuple[App, ...]:
    mine = asked.stack.apps_of(asked.instance)
    if asked.left is None:
        return mine
    kept = asked.stack.apps_of(asked.stack.instances[asked.name])
    return tuple(app for app in mine if app not in kept)


def _for_setup(asked: Asked) -> Sequence[tuple[App, Deployment]]:
    found = [(app, deployments.for_setup(asked.store, asked.stack, app, asked.now)) for app in _mine(asked)]
    return [(app, deployment) for app, deployment in found if deployment is not None]


def _named(asked: Asked, name: str) -> tuple[App, Deployment]:
    arguments = asked.command.arguments
    for app in _mine(asked):
        if app.name == name:
            running = arguments.get(ACTION) != STOP
            return app, Deployment(name, arguments["release"], arguments["revision"], asked.now(), running)
    raise StackwardError(f"App {name} does not run on {asked.name}; its layers are {', '.join(asked.instance.layers)}.")


def _there(asked: Asked, named: str | None) -> Sequence[tuple[App, Deployment]]:
    """What is live on the instance of these apps. An undeploy that names none is of all that do not belong there."""
    apps, live = _mine(asked), asked.releases
    if asked.event == Event.UNDEPLOY.value and named is None:
        departed = drift.departed(asked.stack, asked.state.instances[asked.name])
        apps = tuple(_departed(name, asked.instance) for name in departed)
    return [
        (app, Deployment(app.name, live[app.name].release, live[app.name].revision, asked.now(), _runs(asked, app)))
        for app in apps
        if app.name in live and named in (None, app.name)
    ]


def _departed(name: str, instance: Instance) -> App:
    """An app that has left the file, or the layers of the instance: enough of it to take it away."""
    return App(name, instance.layers, Source(SourceType.DIRECTORY, "/"))


def _runs(asked: Asked, app: App) -> bool:
    deployment = asked.state.deployments.get(app.name)
    return deployment is None or deployment.running
