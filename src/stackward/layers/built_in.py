"""What a built-in layer is: its settings, what it offers to apps, and what it wants of an instance at each event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stackward.definition.built_in import Listener, Mention
from stackward.definition.model import Layer, Secret
from stackward.layers.context import LayerContext
from stackward.layers.database_kind import DatabaseKind
from stackward.layers.errors import LayerError
from stackward.layers.resources import Resource
from stackward.lifecycle.events import Event

Port = Annotated[int, Field(ge=1, le=65535)]
UrlPath = Annotated[str, Field(pattern=r"^/[^\s\"'\\#]*$")]

Part = Callable[[LayerContext], tuple[Resource, ...]]
"""What a layer wants of an instance at one event. Pure: equal contexts give equal resources."""


Listeners = Callable[[str, Any, Mapping[str, int], bool], tuple[Listener, ...]]
"""Who listens on an instance, by name and settings of the layer, the apps that it runs, and whether any has HTTPS."""


Mentions = Callable[[Any], tuple[Mention, ...]]
"""Which layers and apps of the stack settings of the layer name."""


class LayerSettings(BaseModel):
    """The keys that a layer takes in the stack file beside those that every layer has. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


Settings = TypeVar("Settings", bound=LayerSettings)


@dataclass(frozen=True, slots=True)
class BuiltInLayer:
    """A kind of layer that the stack file may name with `uses`.

    `runs_apps` says whether an app may list such a layer, `database` what kind of database an app gets
    that names it, `balances` whether it spreads requests over the instances of apps, `alone` whether it
    has a service of the machine for itself, so that an instance can have one such layer only,
    `by_domain` whether its apps share a port. An event that is not in
    `events` has no built-in part. `only_setup` are the settings that Configure alone does not apply. `units` are the
    systemd units that it keeps running beside those of apps, `listeners` says on which ports, `mentions` which layers
    and apps its settings name, `variables` what it alone gives its apps in their environment.
    """

    name: str
    settings: type[LayerSettings]
    runs_apps: bool = False
    database: DatabaseKind | None = None
    balances: bool = False
    alone: bool = False
    by_domain: bool = False
    events: Mapping[Event, Part] = field(default_factory=dict)
    only_setup: frozenset[str] = frozenset()
    units: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    listeners: Listeners = lambda *_: ()
    mentions: Mentions = lambda _: ()

    @property
    def provides_database(self) -> bool:
        """Whether an app may name such a layer as its `database`."""
        return self.database is not None


def on_its_port(name: str, settings: Any, _apps: Mapping[str, int], _encrypted: bool) -> tuple[Listener, ...]:
    """Return the one listener of a layer that listens on the port among its settings, and nowhere else."""
    return (Listener(f"layer {name}", settings.port),)


def settings_of(layer: Layer, model: type[Settings]) -> Settings:
    """Return a layer's settings with defaults filled in. Raises LayerError where they do not fit the layer."""
    try:
        return model.model_validate(dict(layer.settings))
    except ValidationError as error:
        problems = "; ".join(f"{_path(problem)}: {_said(problem)}" for problem in error.errors())
        raise LayerError(f"The settings of layer {layer.name!r} are wrong: {problems}.") from error


def revealed(value: str | Secret | None, where: str) -> str | None:
    """Return a sensitive setting as text. Raises LayerError if it is still encrypted; `where` names it."""
    if isinstance(value, Secret):
        raise LayerError(f"{where} is still encrypted; give Ansible the vault password that opens it.")
    return value


def _said(problem: Mapping[str, Any]) -> str:
    return str(problem["msg"]).removeprefix("Value error, ")


def _path(problem: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in problem["loc"])
