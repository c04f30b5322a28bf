"""Whether what an instance's Setup and Deploy will need of the stack file can be opened, before it gets a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from stackward.definition.model import Layer, Secret, Stack
from stackward.engine.certificates import certificates
from stackward.errors import StackwardError
from stackward.layers import built_in, redis


def check(stack: Stack, names: Iterable[str], decrypt: Callable[[str], str]) -> None:
    """Open all that these instances will need, and keep nothing of it.

    Raises StackwardError for the first value that cannot be opened, with its place, and for a certificate that cannot
    be read.
    """
    opened = cache(decrypt)
    its = [stack.instances[name] for name in names if name in stack.instances]
    layers = list({layer.name: layer for instance in its for layer in stack.layers_of(instance)}.values())
    apps = {app.name: app for instance in its for app in stack.apps_of(instance)}
    caches = [layer for layer in stack.layers.values() if its and layer.uses == redis.NAME and layer not in layers]
    for place, secret in (
        *(found for layer in layers for found in _of_settings(layer)),
        *(found for layer in caches for found in _of_settings(layer, "password")),
        *(found for app in apps.values() for found in _secrets(app.environment, f"app {app.name}, environment")),
        *(
            found
            for name in dict.fromkeys(app.database for app in apps.values() if app.database is not None)
            if name in stack.databases
            for found in _secrets(stack.databases[name].password, f"database {name}, password")
        ),
    ):
        try:
            opened(secret.ciphertext)
        except StackwardError as error:
            raise StackwardError(f"{place}: {error}") from error
    if any(built_in(layer).balances for layer in layers):
        certificates(stack, opened)


def _of_settings(layer: Layer, *keys: str) -> Iterator[tuple[str, Secret]]:
    """Yield the encrypted settings of a layer, or those of these keys."""
    for key, value in layer.settings.items():
        if not keys or key in keys:
            yield from _secrets(value, f"layer {layer.name}, {key}")


def _secrets(value: Any, place: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets(item, f"{place} {key}")
