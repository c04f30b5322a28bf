"""Node.js applications: dependencies by npm, an environment file and a service of systemd for each app."""

from __future__ import annotations

from pydantic import Field, model_validator

from stackward.definition.mistake import Mistake
from stackward.definition.model import App, Layer, Stack
from stackward.layers import app_service
from stackward.layers.app_events import AppKind, events_of
from stackward.layers.app_service import ServiceSettings
from stackward.layers.built_in import BuiltInLayer, settings_of
from stackward.layers.command_line import Command, for_systemd
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.folders import app_folders
from stackward.layers.rendering import rendered
from stackward.layers.resources import Directory, Packages, Resource, Run


class NodeAppSettings(ServiceSettings):
    """Settings of a layer of Node.js application servers."""

    command: Command = Field(
        default="node server.js", description="The command that runs the app; it listens on the port in `PORT`."
    )
    npm: bool = Field(default=True, description="Whether npm installs the dependencies in `package.json`.")

    @model_validator(mode="after")
    def _modules_are_of_a_release(self) -> NodeAppSettings:
        if self.npm and any(folder.split("/")[0] == "node_modules" for folder in self.shared):
            raise Mistake(
                "node_modules is shared, where npm installs what a release needs",
                "leave it out, or write npm: false",
            )
        return self


def port_of(stack: Stack, app: App, layer: Layer) -> int:
    """Return the port on which the app answers."""
    return app_service.port_of(stack, app, settings_of(layer, NodeAppSettings))


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    npm = ("npm",) if settings_of(context.layer, NodeAppSettings).npm else ()
    return (Packages(name="Node.js", packages=("nodejs", *npm)), app_service.environment_folder())


def _dependencies(context: LayerContext, item: AppOnInstance) -> list[Resource]:
    if not settings_of(context.layer, NodeAppSettings).npm:
        return []
    name, folders = item.app.name, app_folders(item.app)
    release = folders.release(item.release)
    downloads = f"{folders.root}/.npm"
    return [
        Directory(name=f"{name}: downloads of npm", path=downloads, owner=name, group=name, mode="0750"),
        Directory(name=f"{name}: dependencies", path=f"{release}/node_modules", owner=name, group=name, mode="0750"),
        Run(
            name=f"{name}: dependencies by npm",
            command=("sh", "-c", rendered("node_modules.sh.j2"), "npm", folders.releases, downloads),
            creates=f"{release}/node_modules/.stackward",
            user=name,
            directory=release,
            timeout=1800.0,
        ),
    ]


def _unit_files(context: LayerContext, item: AppOnInstance) -> list[Resource]:
    settings = settings_of(context.layer, NodeAppSettings)
    unit = rendered(
        "node_app.service.j2",
        app=item.app.name,
        port=port_of(context.stack, item.app, context.layer),
        command=for_systemd(settings.command),
        folders=app_folders(item.app),
        environment_file=app_service.environment_path(item.app),
    )
    return [app_service.environment(context, item), app_service.service_file(item.app, unit)]


NODE_APP = BuiltInLayer(
    name="node_app",
    settings=NodeAppSettings,
    runs_apps=True,
    listeners=app_service.listeners,
    mentions=app_service.mentions,
    variables=frozenset({"PORT"}),
    only_setup=frozenset({"npm"}),
    events=events_of(
        AppKind(settings=NodeAppSettings, setup=_setup, unit_files=_unit_files, dependencies=_dependencies)
    ),
)
