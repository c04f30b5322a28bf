"""The events of apps that are one service each: the steps are the same for every kind, with what is a kind's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stackward.layers import app_release, app_service
from stackward.layers.app_service import ServiceSettings
from stackward.layers.built_in import Part, settings_of
from stackward.layers.context import AppOnInstance, LayerContext
from stackward.layers.folders import app_folders
from stackward.layers.placement import apps_here
from stackward.layers.resources import Resource
from stackward.lifecycle.events import Event

OfApp = Callable[[LayerContext, AppOnInstance], Sequence[Resource]]
"""What a kind of app has of its own at one step."""


def _nothing(_context: LayerContext, _item: AppOnInstance) -> Sequence[Resource]:
    return ()


def _service_runs(_context: LayerContext, item: AppOnInstance) -> Sequence[Resource]:
    return (app_service.running(item),)


@dataclass(frozen=True, slots=True)
class AppKind:
    """A kind of app. `units` are the suffixes of its units, in the order in which they stop.

    `dependencies` are what a release needs beside its code before it can run, `running` what runs of the app, and
    `leftovers` what old releases leave behind them.
    """

    settings: type[ServiceSettings]
    setup: Part
    unit_files: OfApp
    dependencies: OfApp = _nothing
    running: OfApp = _service_runs
    leftovers: OfApp = _nothing
    units: tuple[str, ...] = ("service",)


def events_of(kind: AppKind) -> Mapping[Event, Part]:
    """Return the parts of a layer that runs such apps."""
    return {
        Event.SETUP: kind.setup,
        Event.CONFIGURE: lambda context: _configure(kind, context),
        Event.DEPLOY: lambda context: _deploy(kind, context),
        Event.UNDEPLOY: lambda context: _undeploy(kind, context),
        Event.SHUTDOWN: lambda context: app_service.stopped(context, kind.units),
    }


def _configure(kind: AppKind, context: LayerContext) -> tuple[Resource, ...]:
    return tuple(
        resource
        for item in apps_here(context)
        for resource in (*(kind.unit_files(context, item) if item.settled else ()), *kind.running(context, item))
    )


def _deploy(kind: AppKind, context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, kind.settings)
    resources: list[Resource] = list(kind.setup(context))
    for item in apps_here(context):
        folders = app_folders(item.app)
        resources += [
            *app_release.place(item, folders, settings.shared),
            *app_release.code(item, folders),
            *kind.dependencies(context, item),
            *app_release.shared_links(item, folders, settings.shared),
            *kind.unit_files(context, item),
            *app_service.migrated(item),
            app_release.live(item, folders, app_service.restart(item.app)),
            *kind.running(context, item),
            *app_service.answers(context, item, settings),
            app_release.old_releases(item, folders),
            *kind.leftovers(context, item),
        ]
    return tuple(resources)


def _undeploy(kind: AppKind, context: LayerContext) -> tuple[Resource, ...]:
    return tuple(resource for item in apps_here(context) for resource in app_service.removed(item.app, kind.units))
