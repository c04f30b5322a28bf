"""How the stack's caches are reached, by those who run them and by those who use them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from stackward.definition.model import Layer, Secret, Stack
from stackward.layers import memcached, redis
from stackward.layers.built_in import settings_of
from stackward.layers.context import ServiceAccess
from stackward.state.transaction import StackTransaction


def passwords(transaction: StackTransaction, stack: Stack) -> dict[str, str]:
    """The passwords of caches for which the file gives none, by layer. They are made at the first call."""
    return {
        layer.name: transaction.secret(layer.name, "redis password", lambda: secrets.token_urlsafe(24))
        for layer in stack.layers.values()
        if layer.uses == redis.NAME and settings_of(layer, redis.RedisSettings).password is None
    }


def accesses(stack: Stack, made: Mapping[str, str], decrypt: Callable[[str], str]) -> tuple[ServiceAccess, ...]:
    """The caches of the stack, in the order of the file; `made` are the passwords that nobody gave."""
    found = []
    for layer in stack.layers.values():
        hosts = tuple(name for name, instance in stack.instances.items() if layer.name in instance.layers)
        if layer.uses == memcached.NAME:
            port = settings_of(layer, memcached.MemcachedSettings).port
            found.append(ServiceAccess(layer.name, memcached.NAME, hosts, port))
        if layer.uses == redis.NAME:
            port = settings_of(layer, redis.RedisSettings).port
            password = made.get(layer.name) or _given(layer, decrypt)
            found.append(ServiceAccess(layer.name, redis.NAME, hosts, port, password))
    return tuple(found)


def _given(layer: Layer, decrypt: Callable[[str], str]) -> str | None:
    given = settings_of(layer, redis.RedisSettings).password
    return decrypt(given.ciphertext) if isinstance(given, Secret) else given
