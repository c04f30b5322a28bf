"""Which of an instance's layers runs an app: one only, however many of them the app lists."""

from __future__ import annotations

from collections.abc import Collection

from stackward.definition.model import App, Layer, Stack
from stackward.layers.context import AppOnInstance, LayerContext

SERVING = frozenset({"java_app", "node_app", "php_app", "python_app", "static_web"})
"""The built-in layers that answer for apps on a port."""


def serving_layer(stack: Stack, app: App, layers: Collection[str]) -> Layer | None:
    """Return the first layer of the file, among those named, that serves the app."""
    for layer in stack.layers.values():
        if layer.name in layers and layer.name in app.layers and layer.uses in SERVING:
            return layer
    return None


def apps_here(context: LayerContext) -> tuple[AppOnInstance, ...]:
    """Return the apps of the event that this layer runs on the instance."""
    return tuple(item for item in context.apps if _is_here(context, item.app))


def all_apps_here(context: LayerContext) -> tuple[App, ...]:
    """Return every app of the stack that this layer runs on the instance, deployed or not."""
    return tuple(app for app in context.stack.apps.values() if _is_here(context, app))


def _is_here(context: LayerContext, app: App) -> bool:
    layer = serving_layer(context.stack, app, context.instance.layers)
    return layer is not None and layer.name == context.layer.name
