"""Python web applications: a virtual environment, an environment file and gunicorn under systemd for each app.

systemd holds the listening socket, so connections wait instead of failing while an app restarts.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.definition.model import App, Layer, Stack
from stackward.layers.app_environment import environment_file, variables_of
from stackward.layers.built_in import BuiltInLayer, LayerSettings, Port, UrlPath, settings_of
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.errors import LayerError
from stackward.layers.folders import AppFolders, app_folders, protected
from stackward.layers.migration import migration
from stackward.layers.placement import all_apps_here, apps_here
from stackward.layers.rendering import rendered
from stackward.layers.resources import (
    Absent,
    Answers,
    Directory,
    File,
    Link,
    Packages,
    Release,
    Releases,
    Resource,
    Run,
    Service,
    User,
)
from stackward.layers.taken_names import TAKEN
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS

SharedFolder = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$")]

_UNITS = "/etc/systemd/system"
_ENVIRONMENT_FILES = "/etc/stackward/apps"
_PACKAGES = ("python3", "python3-venv", "gunicorn", "python3-gunicorn", "python3-psycopg2", "python3-pymysql")


class PythonAppSettings(LayerSettings):
    """Settings of a layer of Python application servers."""

    module: str = Field(
        default="app:application",
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?$",
        description="The WSGI application that gunicorn serves, as module:name.",
    )
    workers: int = Field(default=2, ge=1, le=256, description="Worker processes of each app.")
    port: Port = Field(default=8000, description="Port of the first app of the stack; the next ones count up.")
    ports: dict[str, Port] = Field(default_factory=dict, description="Apps with a port of their own, by app name.")
    healthcheck: UrlPath | None = Field(
        default="/", description="Path that must answer below 400 after a deploy; null for no check."
    )
    healthcheck_within: float = Field(default=30.0, gt=0, le=600, description="Seconds that the app has to answer.")
    shared: tuple[SharedFolder, ...] = Field(
        default=(), description="Folders of the app that outlive a release, relative to its source."
    )


def port_of(stack: Stack, app: App, layer: Layer) -> int:
    """Return the app's own port if the layer gives it one, else the layer's port plus its place in the file."""
    settings = settings_of(layer, PythonAppSettings)
    return settings.ports.get(app.name, settings.port + list(stack.apps).index(app.name))


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    settings_of(context.layer, PythonAppSettings)
    return (
        Packages(name="Python and gunicorn", packages=_PACKAGES),
        Directory(name="environment files", path=_ENVIRONMENT_FILES, mode="0711"),
    )


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    return tuple(resource for item in apps_here(context) for resource in (*_unit_files(context, item), *_running(item)))


def _deploy(context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, PythonAppSettings)
    resources: list[Resource] = list(_setup(context))
    for item in apps_here(context):
        folders = app_folders(item.app)
        resources += [
            *_place(item, folders, settings),
            *_code(item, folders, settings),
            *_unit_files(context, item),
            *migration(
                item,
                user=item.app.name,
                release=folders.release(item.release),
                environment_file=_environment_file(item.app),
            ),
            Link(
                name=f"{item.app.name}: current release",
                path=folders.current,
                target=folders.release(item.release),
                notify=_restart(item.app),
            ),
            *_running(item),
            *_answers(context, item, settings),
            *_tidied(item, folders),
        ]
    return tuple(resources)


def _place(item: AppOnInstance, folders: AppFolders, settings: PythonAppSettings) -> list[Resource]:
    name = item.app.name
    if name in TAKEN:
        raise LayerError(f"App {name!r} would take over the system's account or unit of that name; name it otherwise.")
    return [
        User(name=f"{name}: account", user=name, home=folders.root),
        Directory(name=f"{name}: folder", path=folders.root, group=name, mode="0750"),
        Directory(name=f"{name}: releases", path=folders.releases, group=name, mode="0750"),
        Directory(name=f"{name}: virtual environments", path=folders.environments, owner=name, group=name, mode="0750"),
        Directory(name=f"{name}: shared folders", path=folders.shared, group=name, mode="0750"),
        *(
            Directory(
                name=f"{name}: shared {path}",
                path=f"{folders.shared}/{path}",
                # The app must not be able to put something else in the place of a folder on the way to another.
                owner=name if path in settings.shared else "root",
                group=name,
                mode="0750",
            )
            for path in _with_parents(settings.shared)
        ),
    ]


def _with_parents(paths: tuple[str, ...]) -> list[str]:
    return sorted({"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 2)})


def _code(item: AppOnInstance, folders: AppFolders, settings: PythonAppSettings) -> list[Resource]:
    name = item.app.name
    release = folders.release(item.release)
    environment = f"{folders.environments}/for-{item.release}"
    resources: list[Resource] = []
    if item.archive is not None:
        resources.append(Release(name=f"{name}: release", path=release, archive=item.archive, owner="root", group=name))
    resources += [
        Run(
            name=f"{name}: virtual environment",
            command=(
                "sh",
                "-c",
                rendered("environment.sh.j2"),
                "environment",
                release,
                folders.environments,
                item.release,
            ),
            creates=f"{environment}/.complete",
            user=name,
            directory=folders.root,
            timeout=1800.0,
        ),
        Link(name=f"{name}: environment of the release", path=f"{release}/.environment", target=environment),
        *(
            Directory(name=f"{name}: {path} in the release", path=f"{release}/{path}", group=name, mode="0750")
            for path in _with_parents(settings.shared)
            if path not in settings.shared
        ),
        *(
            Link(
                name=f"{name}: shared {path} in the release",
                path=f"{release}/{path}",
                target=f"{folders.shared}/{path}",
            )
            for path in settings.shared
        ),
    ]
    return resources


def _unit_files(context: LayerContext, item: AppOnInstance) -> list[Resource]:
    app, name = item.app, item.app.name
    settings = settings_of(context.layer, PythonAppSettings)
    port = port_of(context.stack, app, context.layer)
    variables = {"app": name, "port": port, "settings": settings, "folders": app_folders(app)}
    restart_both = (f"restart:{name}.socket", *_restart(app))
    return [
        File(
            name=f"{name}: environment",
            path=_environment_file(app),
            content=environment_file(variables_of(context, item)),
            group=name,
            mode="0640",
            secret=True,
            notify=_restart(app),
        ),
        File(
            name=f"{name}: socket",
            path=f"{_UNITS}/{name}.socket",
            content=rendered("python_app.socket.j2", **variables),
            notify=restart_both,
        ),
        File(
            name=f"{name}: service",
            path=f"{_UNITS}/{name}.service",
            content=rendered("python_app.service.j2", environment_file=_environment_file(app), **variables),
            notify=_restart(app),
        ),
    ]


def _running(item: AppOnInstance) -> list[Resource]:
    name = item.app.name
    return [
        Service(name=f"{name}: socket is open", unit=f"{name}.socket"),
        Service(name=f"{name}: service runs", unit=f"{name}.service"),
    ]


def _answers(context: LayerContext, item: AppOnInstance, settings: PythonAppSettings) -> list[Resource]:
    if settings.healthcheck is None or item.app.deploy.health is not None or not item.running:
        return []
    me = context.peers.get(context.instance.name)
    return [
        Answers(
            name=f"{item.app.name}: answers",
            url=f"http://127.0.0.1:{port_of(context.stack, item.app, context.layer)}{settings.healthcheck}",
            within=settings.healthcheck_within,
            # An instance on its way to online is admitted by the database only at the Configure that follows.
            any_status=me is None or me.state not in MEMBERS,
            unit=f"{item.app.name}.service",
        )
    ]


def _tidied(item: AppOnInstance, folders: AppFolders) -> list[Resource]:
    name = item.app.name
    script = rendered("environments_in_use.sh.j2")
    arguments = (folders.environments, folders.releases)
    return [
        Releases(
            name=f"{name}: old releases",
            path=folders.releases,
            keep=item.app.keep,
            protect=protected(folders, item.before),
        ),
        Run(
            name=f"{name}: unused virtual environments",
            command=("sh", "-c", script, "environments", "remove", *arguments),
            unless=("sh", "-c", script, "environments", "check", *arguments),
            user=name,
            directory=folders.root,
        ),
    ]


def _undeploy(context: LayerContext) -> tuple[Resource, ...]:
    """Take the app away, with its shared folders. Its account stays, so that no later one inherits its files."""
    resources: list[Resource] = []
    for item in apps_here(context):
        name = item.app.name
        resources += [
            Service(name=f"{name}: socket is closed", unit=f"{name}.socket", running=False),
            Service(name=f"{name}: service is stopped", unit=f"{name}.service", running=False),
            Absent(name=f"{name}: socket", path=f"{_UNITS}/{name}.socket"),
            Absent(name=f"{name}: service", path=f"{_UNITS}/{name}.service"),
            Absent(name=f"{name}: environment", path=_environment_file(item.app)),
            Absent(name=f"{name}: folder", path=app_folders(item.app).root),
        ]
    return tuple(resources)


def _shutdown(context: LayerContext) -> tuple[Resource, ...]:
    units = [f"{app.name}.{kind}" for app in all_apps_here(context) for kind in ("socket", "service")]
    if not units:
        return ()
    return (
        Run(
            name="apps stop",
            command=("systemctl", "stop", *units),
            unless=("sh", "-c", '! systemctl is-active --quiet "$@"', "apps", *units),
        ),
    )


def _environment_file(app: App) -> str:
    return f"{_ENVIRONMENT_FILES}/{app.name}.env"


def _restart(app: App) -> tuple[str, ...]:
    return (f"restart:{app.name}.service",)


PYTHON_APP = BuiltInLayer(
    name="python_app",
    settings=PythonAppSettings,
    runs_apps=True,
    events={
        Event.SETUP: _setup,
        Event.CONFIGURE: _configure,
        Event.DEPLOY: _deploy,
        Event.UNDEPLOY: _undeploy,
        Event.SHUTDOWN: _shutdown,
    },
)
