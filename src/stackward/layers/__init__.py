"""The built-in layers: pure functions that say what an instance must be at each lifecycle event."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stackward.layers.base import CUSTOM
from stackward.layers.built_in import BuiltInLayer
from stackward.layers.haproxy import HAPROXY
from stackward.layers.postgresql import POSTGRESQL
from stackward.layers.python_app import PYTHON_APP
from stackward.layers.static_web import STATIC_WEB

BUILT_IN: Mapping[str, BuiltInLayer] = MappingProxyType(
    {layer.name: layer for layer in (HAPROXY, STATIC_WEB, PYTHON_APP, POSTGRESQL)}
)
"""The layers that the stack file may name with `uses`."""

__all__ = ["BUILT_IN", "CUSTOM", "BuiltInLayer"]
