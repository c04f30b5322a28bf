"""Static sites: nginx serving the current release of each app by domain."""

from __future__ import annotations

from pydantic import Field

from stackward.definition.model import App, Layer, Stack
from stackward.layers import app_release
from stackward.layers.built_in import BuiltInLayer, LayerSettings, Port, on_its_port, settings_of
from stackward.layers.context import LayerContext
from stackward.layers.folders import AppFolders, app_folders, protected
from stackward.layers.migration import migration
from stackward.layers.placement import all_apps_here, apps_here
from stackward.layers.rendering import rendered
from stackward.layers.resources import Absent, Directory, File, Link, Packages, Releases, Resource, Service
from stackward.lifecycle.events import Event

_GROUP = "www-data"


class StaticWebSettings(LayerSettings):
    """Settings of a layer of static web servers."""

    port: Port = Field(default=80, description="Port on which nginx answers.")


def port_of(stack: Stack, app: App, layer: Layer) -> int:  # noqa: ARG001 every serving layer is asked alike
    """Return the port of the layer: its sites differ by domain, not by port."""
    return settings_of(layer, StaticWebSettings).port


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    return (Packages(name="nginx", packages=("nginx",)), *_configure(context))


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    sites = [(app, app_folders(app)) for app in all_apps_here(context)]
    return (
        File(
            name="nginx's configuration",
            path="/etc/nginx/nginx.conf",
            content=rendered("nginx.conf.j2", port=settings_of(context.layer, StaticWebSettings).port, sites=sites),
            validate=("nginx", "-t", "-q", "-c", "%s"),
            notify=("reload:nginx.service",),
        ),
        Service(name="nginx", unit="nginx.service"),
    )


def _deploy(context: LayerContext) -> tuple[Resource, ...]:
    resources: list[Resource] = []
    for item in apps_here(context):
        folders = app_folders(item.app)
        release = folders.release(item.release)
        name = item.app.name
        resources += _folders(name, folders)
        resources += [
            *app_release.code(item, folders, _GROUP),
            *migration(item, user=_GROUP, release=release),
            Link(name=f"{name}: current release", path=folders.current, target=release),
            Releases(
                name=f"{name}: old releases",
                path=folders.releases,
                keep=item.app.keep,
                protect=protected(folders, item.before),
            ),
        ]
    return tuple(resources)


def _folders(name: str, folders: AppFolders) -> list[Resource]:
    return [
        Directory(name=f"{name}: folder {path}", path=path, group=_GROUP, mode="0750")
        for path in (folders.root, folders.releases)
    ]


def _undeploy(context: LayerContext) -> tuple[Resource, ...]:
    return tuple(
        Absent(name=f"{item.app.name}: folder", path=app_folders(item.app).root) for item in apps_here(context)
    )


STATIC_WEB = BuiltInLayer(
    name="static_web",
    settings=StaticWebSettings,
    runs_apps=True,
    alone=True,
    by_domain=True,
    units=("nginx.service",),
    listeners=on_its_port,
    events={Event.SETUP: _setup, Event.CONFIGURE: _configure, Event.DEPLOY: _deploy, Event.UNDEPLOY: _undeploy},
)
