"""Python web applications: a virtual environment, an environment file and gunicorn under systemd for each app.

systemd holds the listening socket, so connections wait instead of failing while an app restarts.
"""

from __future__ import annotations

from pydantic import Field

from stackward.definition.model import App, Layer, Stack
from stackward.layers import app_service
from stackward.layers.app_events import AppKind, events_of
from stackward.layers.app_service import ServiceSettings
from stackward.layers.built_in import BuiltInLayer, settings_of
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.folders import app_folders
from stackward.layers.rendering import rendered
from stackward.layers.resources import Directory, File, Link, Packages, Resource, Run, Service

_PACKAGES = ("python3", "python3-venv", "gunicorn", "python3-gunicorn", "python3-psycopg2", "python3-pymysql")


class PythonAppSettings(ServiceSettings):
    """Settings of a layer of Python application servers."""

    module: str = Field(
        default="app:application",
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?$",
        description="The WSGI application that gunicorn serves, as module:name.",
    )
    workers: int = Field(default=2, ge=1, le=256, description="Worker processes of each app.")


def port_of(stack: Stack, app: App, layer: Layer) -> int:
    """Return the port on which the app answers."""
    return app_service.port_of(stack, app, settings_of(layer, PythonAppSettings))


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    settings_of(context.layer, PythonAppSettings)
    return (Packages(name="Python and gunicorn", packages=_PACKAGES), app_service.environment_folder())


def _virtual_environment(_context: LayerContext, item: AppOnInstance) -> list[Resource]:
    name, folders = item.app.name, app_folders(item.app)
    release = folders.release(item.release)
    environment = f"{folders.environments}/for-{item.release}"
    return [
        Directory(name=f"{name}: virtual environments", path=folders.environments, owner=name, group=name, mode="0750"),
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
    ]


def _unit_files(context: LayerContext, item: AppOnInstance) -> list[Resource]:
    app, name = item.app, item.app.name
    variables = {
        "app": name,
        "port": port_of(context.stack, app, context.layer),
        "settings": settings_of(context.layer, PythonAppSettings),
        "folders": app_folders(app),
        "environment_file": app_service.environment_path(app),
    }
    return [
        app_service.environment(context, item),
        File(
            name=f"{name}: socket",
            path=f"{app_service.UNITS}/{name}.socket",
            content=rendered("python_app.socket.j2", **variables),
            notify=(f"restart:{name}.socket", *app_service.restart(app)),
        ),
        app_service.service_file(app, rendered("python_app.service.j2", **variables)),
    ]


def _running(_context: LayerContext, item: AppOnInstance) -> list[Resource]:
    name = item.app.name
    socket = Service(name=f"{name}: socket is open", unit=f"{name}.socket", running=item.running)
    return [socket, app_service.running(item)]


def _unused_environments(_context: LayerContext, item: AppOnInstance) -> list[Resource]:
    folders = app_folders(item.app)
    script = rendered("environments_in_use.sh.j2")
    arguments = (folders.environments, folders.releases)
    return [
        Run(
            name=f"{item.app.name}: unused virtual environments",
            command=("sh", "-c", script, "environments", "remove", *arguments),
            unless=("sh", "-c", script, "environments", "check", *arguments),
            user=item.app.name,
            directory=folders.root,
        )
    ]


PYTHON_APP = BuiltInLayer(
    name="python_app",
    settings=PythonAppSettings,
    runs_apps=True,
    listeners=app_service.listeners,
    mentions=app_service.mentions,
    events=events_of(
        AppKind(
            settings=PythonAppSettings,
            setup=_setup,
            unit_files=_unit_files,
            dependencies=_virtual_environment,
            running=_running,
            leftovers=_unused_environments,
            units=("socket", "service"),
        )
    ),
)
