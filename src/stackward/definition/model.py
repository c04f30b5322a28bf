"""The stack file as a model: frozen, complete, free of I/O.

Everything that a person may leave out has its default filled in here; every duration is in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from stackward.definition.baseline import Baseline, Person
from stackward.definition.database import Database
from stackward.definition.load_scaling import LoadScaling
from stackward.definition.resources import Ingress, LoadBalancer
from stackward.definition.schedule import Capacity, Schedule
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy


class InstanceType(Enum):
    """How an instance's running time is decided."""

    ALWAYS = "24/7"
    TIME = "time"
    LOAD = "load"


class SourceType(Enum):
    """Where an app's code comes from."""

    GIT = "git"
    DIRECTORY = "directory"
    ARCHIVE = "archive"
    S3 = "s3"


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
    """A disk that outlives its instance's machine, mounted at `mount`. Size in gibibytes where that means anything.

    With a `raid` level it is an array of several `disks`, and `size` is what it holds. One that is not to `keep` is
    deleted, with its data, when its instance is terminated.
    """

    mount: str
    size: int | None = None
    raid: int | None = None
    disks: int = 1
    keep: bool = True

    @property
    def size_of_each(self) -> int | None:
        """How many gibibytes each of its disks has, so that the array holds what is asked for."""
        holding = {None: 1, 0: self.disks, 1: 1, 10: self.disks // 2}[self.raid]
        return None if self.size is None else -(-self.size // holding)


class CheckType(Enum):
    """How the health check of a layer asks."""

    HTTP = "http"
    TCP = "tcp"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Check:
    """A health check: an HTTP path at a port of the instance, a TCP port, or a command on the instance itself."""

    type: CheckType
    port: int = 0
    path: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Healing:
    """What is done about instances of a layer that fail.

    `after` is how many seconds they are silent first. `remedies` are tried in order, each longer after the one before
    (the first for `back_off` seconds), `tries` of them at most; then it is for a person. `share` is how much of the
    layer may be in healing at a time, of 1, and at least one instance may. `for_check` and `for_stop` say whether a
    failing check, and a machine that somebody else has stopped, are reasons to heal.
    """

    enabled: bool = True
    after: float = 300.0
    remedies: tuple[Remedy, ...] = (Remedy.CONFIGURE, Remedy.REBOOT, Remedy.RESTART)
    back_off: float = 60.0
    tries: int = 5
    share: float = 0.1
    check: Check | None = None
    for_check: bool = False
    for_stop: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """Instances of a layer that are made when they are wanted and removed when they are not.

    `warm` of those that are not wanted are kept, stopped.
    """

    warm: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """Instances with one job. `uses` names the built-in layer, None for a layer of the user's own.

    `start_ahead` is how many seconds before it is wanted an instance starts, None for as long as starts have taken.
    `load_balancers` are the provider's. `ingress` is what may reach the instances, None where nobody limits it;
    `open_by_default` adds what suits the stack.
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
    boot_timeout: float = 300.0
    healing: Healing = field(default_factory=Healing)
    capacity: tuple[Capacity, ...] = ()
    start_ahead: float | None = None
    load_scaling: LoadScaling | None = None
    pool: Pool | None = None
    baseline: Baseline = field(default_factory=Baseline)
    load_balancers: tuple[LoadBalancer, ...] = ()
    ingress: tuple[Ingress, ...] | None = None
    open_by_default: bool = False


OWNED = "static"
"""The type of the provider for machines that somebody owns: they are registered, and not made."""


class Connection(Enum):
    """How Ansible gets to a machine."""

    SSH = "ssh"
    SSM = "ssm"
    PSRP = "psrp"
    WINRM = "winrm"


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Which provider makes the machines, and its options as the file gives them."""

    type: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """Who logs in over SSH; anybody but root becomes root by sudo."""
        return str(self.options.get("user", "root"))

    @property
    def connection(self) -> Connection:
        """How Ansible gets to it. Everything but SSH is Ansible's alone: nothing else looks at such a machine."""
        return Connection(self.options.get("connection", "ssh"))

    @property
    def windows(self) -> bool:
        """Whether it runs Windows, so that only recipes of the user's own run there."""
        return self.options.get("platform") == "windows"

    @property
    def owned(self) -> bool:
        """Whether the machine is there without Stackward: it is registered, not made, and never replaced."""
        return self.type == OWNED

    @property
    def switches(self) -> frozenset[str]:
        """For a machine that somebody owns, what there is a power command for: start, stop, reboot, status."""
        return frozenset(self.options.get("power", ()))


@dataclass(frozen=True, slots=True)
class Instance:
    """One machine of the stack, by the name that it keeps for ever."""

    name: str
    layers: tuple[str, ...]
    type: InstanceType = InstanceType.ALWAYS
    elastic_ip: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    schedule: Schedule | None = None
    provider: ProviderChoice | None = None
    """What makes its machine, None for the stack's provider."""
    volumes: tuple[Volume, ...] = ()
    """Disks of its own, beside or instead of its layers'."""
    pooled: bool = False
    """Whether it belongs to a pool: its machine is removed when it is not wanted."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an app's code is.

    `location` is the address of a Git repository or of an archive, the absolute path of a directory, or the key of an
    object in the S3 `bucket`. `deploy_key` is the absolute path of a private key. `checksum` is the SHA-256 of an
    archive, `folder` the one in it that holds the code, "" for the whole archive.
    """

    type: SourceType
    location: str
    revision: str | None = None
    deploy_key: str | None = None
    submodules: bool = True
    checksum: str | None = None
    folder: str = ""
    bucket: str = ""
    version: str | None = None
    region: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """How an app is reached over HTTPS.

    `certificate`, `key` and `chain` are PEM text or the absolute path of a file with it. Without a certificate, each
    load balancer makes one of its own. `redirect` says whether plain HTTP leads to HTTPS.
    """

    certificate: str | Secret | None = None
    key: str | Secret | None = field(default=None, repr=False)
    chain: str | Secret | None = None
    redirect: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """How many instances of a layer are deployed to at a time: a number, or a part of 1, rounded down, at least one."""

    count: int | None = None
    share: float = 0.25


HOOKS = tuple(f"{when}_{step}" for step in ("drain", "release", "check", "serve") for when in ("before", "after"))
"""Where a deploy runs the user's own automation on each instance, in this order."""


@dataclass(frozen=True, slots=True)
class Deploying:
    """How an app is brought to its instances.

    `batches` are those of layers with a batch of their own, by layer. `health` must succeed on the instance within
    `within` seconds before it gets requests again; None leaves that to the layer. `migrate` is a command that runs
    once a deploy, on one instance. `hooks` are by their place, one of HOOKS.
    """

    batch: Batch = field(default_factory=Batch)
    batches: Mapping[str, Batch] = field(default_factory=dict)
    health: Check | None = None
    within: float = 30.0
    migrate: str | None = None
    hooks: Mapping[str, tuple[Recipe, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class App:
    """Code to run on the instances of some layers. `database` names a layer or a database of the stack."""

    name: str
    layers: tuple[str, ...]
    source: Source
    database: str | None = None
    domains: tuple[str, ...] = ()
    tls: Tls | None = None
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    keep: int = 5
    deploy: Deploying = field(default_factory=Deploying)


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
