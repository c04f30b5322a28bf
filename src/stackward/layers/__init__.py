"""The built-in layers: pure functions that say what an instance must be at each lifecycle event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from stackward.definition.model import Layer
from stackward.layers import baseline
from stackward.layers.base import CUSTOM, base
from stackward.layers.built_in import BuiltInLayer
from stackward.layers.context import LayerContext
from stackward.layers.haproxy import HAPROXY
from stackward.layers.health import health
from stackward.layers.java_app import JAVA_APP
from stackward.layers.memcached import MEMCACHED
from stackward.layers.monitoring import MONITORING
from stackward.layers.mysql import MYSQL
from stackward.layers.node_app import NODE_APP
from stackward.layers.php_app import PHP_APP
from stackward.layers.postgresql import POSTGRESQL
from stackward.layers.python_app import PYTHON_APP
from stackward.layers.redis import REDIS
from stackward.layers.resources import Resource
from stackward.layers.serving import app_port, checked_by_deploy, port_by_deploy
from stackward.layers.static_web import STATIC_WEB

BUILT_IN: Mapping[str, BuiltInLayer] = MappingProxyType(
    {
        layer.name: layer
        for layer in (
            HAPROXY,
            STATIC_WEB,
            PYTHON_APP,
            NODE_APP,
            PHP_APP,
            JAVA_APP,
            POSTGRESQL,
            MYSQL,
            REDIS,
            MEMCACHED,
            MONITORING,
        )
    }
)
"""The layers that the stack file may name with `uses`."""


def built_in(layer: Layer) -> BuiltInLayer:
    """Return what a layer of the stack file builds on; CUSTOM for a layer without `uses`."""
    return CUSTOM if layer.uses is None else BUILT_IN[layer.uses]


def compile_event(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return what one instance must be after one event, in the order in which the host applies it.

    `contexts` are those of the instance's layers, in the order of the file, all for the same event. Raises LayerError.
    """
    if not contexts:
        return ()
    resources = [*base(contexts[0]), *baseline.before_layers(contexts)]
    for context in contexts:
        resources.extend(_part(context))
    return (*resources, *baseline.after_layers(contexts))


def compile_layer(context: LayerContext) -> tuple[Resource, ...]:
    """Return what one layer alone wants of an instance, whatever its other layers are. Raises LayerError."""
    return (*base(context), *_part(context))


def _part(context: LayerContext) -> tuple[Resource, ...]:
    part = built_in(context.layer).events.get(context.event)
    return part(context) if part is not None else ()


def compile_health(contexts: Sequence[LayerContext]) -> tuple[Resource, ...]:
    """Return what the instance must pass after a deploy, each check once. `contexts` as for `compile_event`."""
    return tuple(dict.fromkeys(check for context in contexts for check in health(context)))


__all__ = [
    "BUILT_IN",
    "CUSTOM",
    "BuiltInLayer",
    "app_port",
    "built_in",
    "checked_by_deploy",
    "compile_event",
    "compile_health",
    "compile_layer",
    "port_by_deploy",
]
