"""A whole stack file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackward.definition.baseline import Person
from stackward.definition.database import Database
from stackward.definition.model.apps import App
from stackward.definition.model.instances import Instance
from stackward.definition.model.layers import Layer
from stackward.definition.model.machines import ProviderChoice, Volume


@dataclass(frozen=True, slots=True)
class Controller:
    """The controller service: where agents reach it, and how often they report, in seconds.

    `authority` is the absolute path of the certificate that its own is checked against, "" without TLS. `made` says
    that Stackward makes that authority itself.
    """

    host: str
    port: int
    path: str = ""
    tls: bool = True
    every: float = 30.0
    authority: str = ""
    made: bool = True


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A source of measurements by the name that the file gives it, asked every so many seconds."""

    name: str
    type: str
    every: float = 60.0
    options: Mapping[str, Any] = field(default_factory=dict)


RETENTION = 180 * 24 * 3600.0
"""Seconds for which the past is kept, unless the file says otherwise."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A whole stack file.

    `layers` keeps the order of the file: it is the order in which an instance's layers run.
    `path` is the absolute path of the file; `data` the absolute folder for keys, known hosts and fetched sources;
    `state` a SQLAlchemy URL; `digest` the SHA-256 of the file's text. `retention` is for how many seconds the journal
    and ended commands are kept, None for ever.
    """

    name: str
    path: str
    data: str
    state: str
    digest: str
    provider: ProviderChoice
    layers: Mapping[str, Layer]
    instances: Mapping[str, Instance]
    apps: Mapping[str, App] = field(default_factory=dict)
    timezone: str = "UTC"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    controller: Controller | None = None
    databases: Mapping[str, Database] = field(default_factory=dict)
    retention: float | None = RETENTION
    metrics: Mapping[str, SourceChoice] = field(default_factory=dict)

    def provider_of(self, name: str) -> ProviderChoice:
        """What makes the machine of an instance. One that has left the file gets the stack's."""
        instance = self.instances.get(name)
        return instance.provider if instance is not None and instance.provider is not None else self.provider

    def provider_of_layer(self, layer: Layer) -> ProviderChoice:
        """The stack's provider with the options of a layer."""
        return layer.provider if layer.provider is not None else self.provider

    def layers_of(self, instance: Instance) -> tuple[Layer, ...]:
        """The layers of an instance, in the order of the file."""
        return tuple(layer for layer in self.layers.values() if layer.name in instance.layers)

    def volumes_of(self, instance: Instance) -> tuple[Volume, ...]:
        """The disks of an instance: those of its layers, and its own instead of theirs at the same place."""
        of_layers = {volume.mount: volume for layer in self.layers_of(instance) for volume in layer.volumes}
        return tuple({**of_layers, **{volume.mount: volume for volume in instance.volumes}}.values())

    def apps_of(self, instance: Instance) -> tuple[App, ...]:
        """The apps that run on an instance, in the order of the file."""
        return tuple(app for app in self.apps.values() if set(app.layers) & set(instance.layers))
