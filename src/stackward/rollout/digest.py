"""What an app is deployed with on an instance, as one short text that differs where anything of it does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any

from stackward import __version__
from stackward.definition.model import App, Instance, Layer, Secret, Stack

_CACHES = ("redis", "memcached")
"""The layers that every app of the stack finds in its environment."""


def digest(stack: Stack, app: App, instance: Instance, release: str) -> str:
    """The release with all that the file gives the app, secrets as they are encrypted.

    That is its own settings, those of the layers that run it, and where it finds its database and caches.
    """
    layers = [layer for layer in stack.layers_of(instance) if layer.name in app.layers]
    parts = {
        "stackward": __version__,
        "release": release,
        "environment": app.environment,
        "database": app.database,
        "domains": app.domains,
        "attributes": app.attributes,
        "place": list(stack.apps).index(app.name),
        "layers": [(layer.name, layer.uses, layer.settings) for layer in layers],
        "reaches": _reaches(stack, app) if any(layer.uses not in (None, "static_web") for layer in layers) else [],
    }
    return short(parts)


def _reaches(stack: Stack, app: App) -> list[Any]:
    """What the file says of where the app finds its database and the stack's caches."""
    found: list[Any] = [
        (layer.name, layer.uses, layer.settings.get("port"), layer.settings.get("password"), _instances(stack, layer))
        for layer in stack.layers.values()
        if layer.uses in _CACHES
    ]
    database = stack.databases.get(app.database) if app.database is not None else None
    if database is not None:
        found.append((database.host, database.port, database.database, database.user, database.password))
    return found


def _instances(stack: Stack, layer: Layer) -> list[str]:
    return [name for name, instance in stack.instances.items() if layer.name in instance.layers]


def short(parts: Mapping[str, Any]) -> str:
    """One short text for all of these, secrets as they are encrypted."""
    return hashlib.sha256(json.dumps(_plain(parts), sort_keys=True).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"secret": value.ciphertext}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    return value if isinstance(value, str | int | float | bool | None) else str(value)
