"""What the loader must know of a built-in layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import BaseModel


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


BuiltInLayers = Mapping[str, BuiltInLayer]
