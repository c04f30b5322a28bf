"""An app as a service of systemd: its port, its environment, its unit, whether it answers, and how it goes again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from stackward.definition.built_in import Listener, Mention
from stackward.definition.duration_field import PositiveDuration
from stackward.definition.mistake import Mistake, shown
from stackward.definition.model import App, Stack
from stackward.layers import stopping
from stackward.layers.app_environment import environment_file, variables_of
from stackward.layers.app_release import SharedFolder
from stackward.layers.built_in import LayerSettings, Port, UrlPath
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.folders import app_folders
from stackward.layers.migration import migration
from stackward.layers.placement import all_apps_here
from stackward.layers.resources import Absent, Answers, Directory, File, Resource, Run, Service
from stackward.lifecycle.states import MEMBERS

UNITS = "/etc/systemd/system"
ENVIRONMENT_FILES = "/etc/stackward/apps"


_FRONTS = {"php_app": "nginx.service"}


def front_of(context: LayerContext) -> str:
    """Return the unit that listens on the ports of the layer's apps where their own do not, "" where they do."""
    return _FRONTS.get(context.layer.uses or "", "")


def _apart(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a folder that is there twice: a link to one leads to what is inside of it already."""
    for position, folder in enumerate(folders):
        if folder in folders[:position]:
            raise Mistake(f"has {shown(folder)} twice", "name each folder once")
        outer = next((each for each in folders if folder.startswith(f"{each}/")), None)
        if outer is not None:
            raise Mistake(f"{shown(folder)} is inside {shown(outer)}, which is shared as a whole", "leave it out")
    return folders


class ServiceSettings(LayerSettings):
    """What every layer takes that runs each app as a service on a port of its own."""

    port: Port = Field(default=8000, description="Port of the first app of the stack; the next ones count up.")
    ports: dict[str, Port] = Field(default_factory=dict, description="Apps with a port of their own, by app name.")
    healthcheck: UrlPath | None = Field(
        default="/", description="Path that must answer below 400 after a deploy; null for no check."
    )
    healthcheck_within: PositiveDuration = Field(default=30.0, description="How long the app has to answer.")
    shared: Annotated[tuple[SharedFolder, ...], AfterValidator(_apart)] = Field(
        default=(), description="Folders of the app that outlive a release, relative to its source."
    )


def port_of(stack: Stack, app: App, settings: ServiceSettings) -> int:
    """Return the app's own port if the layer gives it one, else the layer's port plus its place in the file."""
    return _port(app.name, list(stack.apps).index(app.name), settings)


def _port(app: str, place: int, settings: ServiceSettings) -> int:
    return settings.ports.get(app, settings.port + place)


def listeners(name: str, settings: ServiceSettings, apps: Mapping[str, int], _encrypted: bool) -> tuple[Listener, ...]:
    """Return that each of the apps listens on its port."""
    return tuple(
        Listener(
            f"the app {app} of layer {name}",
            _port(app, place, settings),
            ("ports", app) if app in settings.ports else ("port",),
        )
        for app, place in apps.items()
    )


def mentions(settings: ServiceSettings) -> tuple[Mention, ...]:
    """Return the apps that have a port of their own."""
    return tuple(Mention("apps", app, ("ports", app)) for app in settings.ports)


def environment_folder() -> Directory:
    """Return the folder of environment files. Nobody but root can list it."""
    return Directory(name="environment files", path=ENVIRONMENT_FILES, mode="0711")


def environment_path(app: App) -> str:
    """Return where the app's environment is."""
    return f"{ENVIRONMENT_FILES}/{app.name}.env"


def restart(app: App) -> tuple[str, ...]:
    """Return the notification that restarts the app."""
    return (f"restart:{app.name}.service",)


def environment(context: LayerContext, item: AppOnInstance, more: dict[str, str] | None = None) -> File:
    """Return the file with the app's environment; `more` is what its layer adds, and others win over."""
    return File(
        name=f"{item.app.name}: environment",
        path=environment_path(item.app),
        content=environment_file({**(more or {}), **variables_of(context, item)}),
        group=item.app.name,
        mode="0640",
        secret=True,
        notify=restart(item.app),
    )


def service_file(app: App, content: str) -> File:
    """Return the unit of the app."""
    return File(name=f"{app.name}: service", path=f"{UNITS}/{app.name}.service", content=content, notify=restart(app))


def migrated(item: AppOnInstance) -> list[Run]:
    """Return the migration of the app, if one is due here, with the app's environment and in the new release."""
    release = app_folders(item.app).release(item.release)
    return migration(item, user=item.app.name, release=release, environment_file=environment_path(item.app))


def running(item: AppOnInstance) -> Service:
    """Return that the app runs and starts with the instance, or that it does not where somebody has stopped it."""
    return Service(name=f"{item.app.name}: service runs", unit=f"{item.app.name}.service", running=item.running)


def answers(context: LayerContext, item: AppOnInstance, settings: ServiceSettings) -> list[Resource]:
    """Return the check of the layer, unless the app has one of its own or somebody has stopped it."""
    if settings.healthcheck is None or item.app.deploy.health is not None or not item.running:
        return []
    me = context.peers.get(context.instance.name)
    return [
        Answers(
            name=f"{item.app.name}: answers",
            url=f"http://127.0.0.1:{port_of(context.stack, item.app, settings)}{settings.healthcheck}",
            within=settings.healthcheck_within,
            # An instance on its way to online is admitted by the database only at the Configure that follows.
            any_status=me is None or me.state not in MEMBERS,
            unit=f"{item.app.name}.service",
            front=front_of(context),
        )
    ]


def removed(app: App, kinds: tuple[str, ...] = ("service",)) -> list[Resource]:
    """Return what takes the app away, with its shared folders.

    Its account stays, so that no later one inherits its files. `kinds` are the units that it has.
    """
    said = {"socket": "socket is closed", "service": "service is stopped"}
    return [
        *(Service(name=f"{app.name}: {said[kind]}", unit=f"{app.name}.{kind}", running=False) for kind in kinds),
        *(Absent(name=f"{app.name}: {kind}", path=f"{UNITS}/{app.name}.{kind}") for kind in kinds),
        Absent(name=f"{app.name}: environment", path=environment_path(app)),
        Absent(name=f"{app.name}: folder", path=app_folders(app).root),
    ]


def stopped(context: LayerContext, kinds: tuple[str, ...] = ("service",)) -> tuple[Resource, ...]:
    """Return what stops every app that the layer runs on the instance."""
    units = [f"{app.name}.{kind}" for app in all_apps_here(context) for kind in kinds]
    return (stopping.stopped("apps stop", *units),) if units else ()
