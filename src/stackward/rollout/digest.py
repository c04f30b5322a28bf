"""What an app is deployed with on an instance, as one short text that differs where anything of it does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any

from stackward import __version__
from stackward.definition.model import App, Instance, Secret, Stack


def digest(stack: Stack, app: App, instance: Instance, release: str) -> str:
    """The release with all that the file gives the app, secrets as they are encrypted.

    That is its own settings, those of the layers that run it, and some of what it reaches.
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
    """What the file says of a database that is not the stack's, and the list of the stack's memcached instances.

    One cache more or less is nothing to restart for at once. Where the stack's own database and redis are, and how to
    log in there, is not among it: as soon as that changes, the app does not reach them any more.
    """
    found: list[Any] = [
        (layer.name, name)
        for layer in stack.layers.values()
        if layer.uses == "memcached"
        for name, instance in stack.instances.items()
        if layer.name in instance.layers
    ]
    database = stack.databases.get(app.database) if app.database is not None else None
    if database is not None:
        found.append((database.host, database.port, database.database, database.user, database.password))
    return found


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
