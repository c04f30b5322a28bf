"""What the loader must know of a built-in layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who listens on a port of an instance; `key` is the setting of the layer that says on which."""

    who: str
    port: int
    key: tuple[str, ...] = ("port",)


@dataclass(frozen=True, slots=True)
class Mention:
    """A layer, or an app that the layer runs, which the setting of a layer at `key` names."""

    section: Literal["layers", "apps"]
    name: str
    key: tuple[str, ...]


class BuiltInLayer(Protocol):
    """A kind of layer that `uses` may name. `settings` are the keys that it takes beside those of every layer."""

    @property
    def name(self) -> str:
        """The name for `uses`."""
        ...

    @property
    def settings(self) -> type[BaseModel]:
        """Its own keys in the stack file, with their types and defaults."""
        ...

    @property
    def runs_apps(self) -> bool:
        """Whether an app may list such a layer."""
        ...

    @property
    def provides_database(self) -> bool:
        """Whether an app may name such a layer as its database."""
        ...

    @property
    def balances(self) -> bool:
        """Whether such a layer spreads requests over the instances of apps."""
        ...

    @property
    def alone(self) -> bool:
        """Whether an instance can have one such layer only."""
        ...

    @property
    def by_domain(self) -> bool:
        """Whether its apps share a port, so that only the first can do without a domain."""
        ...

    @property
    def variables(self) -> frozenset[str]:
        """Variables of an app's environment that the layer itself gives it, and that nobody else can."""
        ...

    def listeners(self, name: str, settings: Any, apps: Mapping[str, int], encrypted: bool) -> tuple[Listener, ...]:
        """Who listens on an instance with a layer of this name and these settings.

        `apps` are those that the layer runs there, with their places in the file; `encrypted` says whether any app
        has HTTPS.
        """
        ...

    def mentions(self, settings: Any) -> tuple[Mention, ...]:
        """Which layers and apps of the stack these settings name."""
        ...


BuiltInLayers = Mapping[str, BuiltInLayer]
