"""PHP applications: for each app a php-fpm of its own, and nginx in front of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from stackward.definition.mistake import Mistake
from stackward.definition.model import App, Layer, Stack
from stackward.layers import app_release, app_service
from stackward.layers.app_service import ServiceSettings
from stackward.layers.built_in import BuiltInLayer, settings_of
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.folders import app_folders
from stackward.layers.placement import all_apps_here, apps_here
from stackward.layers.rendering import rendered
from stackward.layers.resources import Absent, File, Packages, Resource, Run, Service
from stackward.layers.service_values import is_one_line
from stackward.lifecycle.events import Event

DocumentRoot = Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?$")]
Extension = Annotated[str, Field(pattern=r"^[a-z][a-z0-9.+-]*$")]
IniKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$")]


def _ini(value: str | int) -> str | int:
    if isinstance(value, str) and (not is_one_line(value) or '"' in value):
        raise Mistake(
            "is not one line of printable characters without quotation marks",
            "write a value without line breaks, tabs and quotation marks",
        )
    return value


IniValue = Annotated[str | bool | int, AfterValidator(_ini)]

_SITES = "/etc/nginx/conf.d/stackward-php.conf"


class PhpAppSettings(ServiceSettings):
    """Settings of a layer of PHP application servers."""

    document_root: DocumentRoot = Field(
        default="",
        description="Folder of the source that nginx serves, such as `public`; the whole source unless given.",
    )
    front_controller: bool = Field(default=True, description="Whether `index.php` answers for paths that are no file.")
    workers: int = Field(default=10, ge=1, le=1000, description="The most requests that an app works on at a time.")
    extensions: tuple[Extension, ...] = Field(
        default=("curl", "mbstring", "mysql", "pgsql", "xml"), description="Extensions of PHP."
    )
    ini: dict[IniKey, IniValue] = Field(
        default_factory=dict, description="Settings as in php.ini.", examples=[{"memory_limit": "256M"}]
    )


def port_of(stack: Stack, app: App, layer: Layer) -> int:
    """Return the port on which nginx answers for the app."""
    return app_service.port_of(stack, app, settings_of(layer, PhpAppSettings))


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    return (*_packages(context), *_sites(context))


def _packages(context: LayerContext) -> tuple[Resource, ...]:
    extensions = settings_of(context.layer, PhpAppSettings).extensions
    return (
        Packages(name="PHP", packages=("php-fpm", *(f"php-{extension}" for extension in extensions))),
        Packages(name="nginx", packages=("nginx",)),
        app_service.environment_folder(),
    )


def _sites(context: LayerContext) -> tuple[Resource, ...]:
    sites = [
        {
            "app": app.name,
            "port": _port(context, app),
            "root": f"{app_folders(app).current}/{settings_of(context.layer, PhpAppSettings).document_root}".rstrip(
                "/"
            ),
        }
        for app in all_apps_here(context)
    ]
    settings = settings_of(context.layer, PhpAppSettings)
    return (
        Absent(
            name="nginx's page of welcome", path="/etc/nginx/sites-enabled/default", notify=("reload:nginx.service",)
        ),
        File(
            name="nginx's PHP sites",
            path=_SITES,
            content=rendered("php_sites.conf.j2", sites=sites, front_controller=settings.front_controller),
            validate=("sh", "-c", rendered("nginx_part_check.sh.j2"), "%s"),
            notify=("reload:nginx.service",),
        ),
        Service(name="nginx", unit="nginx.service"),
    )


def _port(context: LayerContext, app: App) -> int:
    """Return where nginx answers for the app: by the file if this event deploys it, else where it was deployed."""
    me = context.peers.get(context.instance.name)
    deployed = context.event is Event.DEPLOY and any(item.app.name == app.name for item in context.apps)
    there = None if me is None or deployed else me.ports.get(app.name)
    return there or port_of(context.stack, app, context.layer)


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    here = apps_here(context)
    apps = [
        resource
        for item in here
        for resource in (*(_unit_files(context, item) if item.settled else ()), app_service.running(item))
    ]
    # nginx has one file for all sites, so it waits with the app whose port or folder is another one.
    return (*apps, *(_sites(context) if all(item.settled for item in here) else ()))


def _deploy(context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, PhpAppSettings)
    resources: list[Resource] = [*_packages(context)]
    for item in apps_here(context):
        folders = app_folders(item.app)
        name = item.app.name
        resources += [
            *app_release.place(item, folders, settings.shared),
            Run(
                name=f"{name}: nginx may read its files",
                command=("usermod", "--append", "--groups", name, "www-data"),
                unless=(
                    "sh",
                    "-c",
                    'id --name --groups www-data | tr " " "\\n" | grep --quiet --line-regexp "$0"',
                    name,
                ),
                notify=("reload:nginx.service",),
            ),
            *app_release.code(item, folders),
            *app_release.shared_links(item, folders, settings.shared),
            *_unit_files(context, item),
            *app_service.migrated(item),
            # PHP runs files by their real path, so a reload forgets those of the release before, and drops no request.
            app_release.live(item, folders, (f"reload:{name}.service",)),
            app_service.running(item),
        ]
    resources += _sites(context)
    for item in apps_here(context):
        resources += [
            *app_service.answers(context, item, settings),
            app_release.old_releases(item, app_folders(item.app)),
        ]
    return tuple(resources)


def _unit_files(context: LayerContext, item: AppOnInstance) -> list[Resource]:
    app = item.app
    settings = settings_of(context.layer, PhpAppSettings)
    pool = f"{app_service.ENVIRONMENT_FILES}/{app.name}.fpm.conf"
    ini = {key: _ini_value(value) for key, value in settings.ini.items()}
    return [
        File(
            name=f"{app.name}: php-fpm",
            path=pool,
            content=rendered("php_pool.conf.j2", app=app.name, workers=settings.workers, ini=ini),
            group=app.name,
            mode="0640",
            notify=app_service.restart(app),
        ),
        app_service.environment(context, item),
        app_service.service_file(
            app,
            rendered(
                "php_app.service.j2",
                app=app.name,
                folders=app_folders(app),
                pool=pool,
                environment_file=app_service.environment_path(app),
            ),
        ),
    ]


def _ini_value(value: str | int) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _undeploy(context: LayerContext) -> tuple[Resource, ...]:
    return tuple(
        resource
        for item in apps_here(context)
        for resource in (
            *app_service.removed(item.app),
            Absent(name=f"{item.app.name}: php-fpm", path=f"{app_service.ENVIRONMENT_FILES}/{item.app.name}.fpm.conf"),
        )
    )


PHP_APP = BuiltInLayer(
    name="php_app",
    settings=PhpAppSettings,
    runs_apps=True,
    listeners=app_service.listeners,
    mentions=app_service.mentions,
    only_setup=frozenset({"extensions"}),
    alone=True,
    units=("nginx.service",),
    events={
        Event.SETUP: _setup,
        Event.CONFIGURE: _configure,
        Event.DEPLOY: _deploy,
        Event.UNDEPLOY: _undeploy,
        Event.SHUTDOWN: app_service.stopped,
    },
)
