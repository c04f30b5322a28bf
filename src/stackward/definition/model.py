"""The stack file as a model: frozen, complete, free of I/O.

Everything that a person may leave out has its default filled in here; every duration is in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from stackward.definition.load_scaling import LoadScaling
from stackward.definition.schedule import Capacity, Schedule
from stackward.lifecycle.events import Event


class InstanceType(Enum):
    """How an instance's running time is decided."""

    ALWAYS = "24/7"
    TIME = "time"
    LOAD = "load"


class SourceType(Enum):
    """Where an app's code comes from."""

    GIT = "git"
    DIRECTORY = "directory"


class RecipeType(Enum):
    """What a recipe is written in."""

    ROLE = "role"
    TASKS = "tasks"
    PUPPET = "puppet"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Secret:
    """A vault-encrypted value. It is decrypted only at the moment of use, never stored in clear."""

    ciphertext: str

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One piece of the user's own automation.

    `name` is a role's name, the path of a task file or of a Puppet manifest, or a command with its arguments quoted as
    for a shell.
    """

    type: RecipeType
    name: str


@dataclass(frozen=True, slots=True)
class Volume:
    """A disk that outlives its instance's machine, mounted at `mount`. Size in gibibytes where that means anything."""

    mount: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """Instances with one job. `uses` names the built-in layer, None for a layer of the user's own.

    `start_ahead` is how many seconds before it is wanted an instance starts, None for as long as starts have taken.
    """

    name: str
    uses: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    recipes: Mapping[Event, tuple[Recipe, ...]] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    volumes: tuple[Volume, ...] = ()
    drain: bool = True
    drain_timeout: float = 30.0
    shutdown_timeout: float = 45.0
    event_timeout: float = 1800.0
    capacity: tuple[Capacity, ...] = ()
    start_ahead: float | None = None
    load_scaling: LoadScaling | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One machine of the stack, by the name that it keeps for ever."""

    name: str
    layers: tuple[str, ...]
    type: InstanceType = InstanceType.ALWAYS
    elastic_ip: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an app's code is: a Git repository with a revision, or a directory (absolute path)."""

    type: SourceType
    location: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class App:
    """Code to run on the instances of some layers. `database` names a database layer of the stack."""

    name: str
    layers: tuple[str, ...]
    source: Source
    database: str | None = None
    domains: tuple[str, ...] = ()
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    keep: int = 5


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Which provider makes the machines, and its options as the file gives them."""

    type: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stack:
    """A whole stack file.

    `layers` keeps the order of the file: it is the order in which an instance's layers run.
    `path` is the absolute path of the file; `data` the absolute folder for keys, known hosts and fetched sources;
    `state` a SQLAlchemy URL; `digest` the SHA-256 of the file's text.
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

    def layers_of(self, instance: Instance) -> tuple[Layer, ...]:
        """The layers of an instance, in the order of the file."""
        return tuple(layer for layer in self.layers.values() if layer.name in instance.layers)

    def apps_of(self, instance: Instance) -> tuple[App, ...]:
        """The apps that run on an instance, in the order of the file."""
        return tuple(app for app in self.apps.values() if set(app.layers) & set(instance.layers))
