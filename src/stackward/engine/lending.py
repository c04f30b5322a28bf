"""Lends a built-in layer to an instance that is not in it, for roles that a user runs in layers of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from stackward.definition.model import Layer, Stack
from stackward.engine.compiling import Begun
from stackward.engine.events import look
from stackward.errors import StackwardError
from stackward.layers import redis
from stackward.state.store import Store


def lend(
    store: Store,
    stack: Stack,
    name: str,
    uses: str,
    settings: Mapping[str, Any],
    event: str,
    *,
    decrypt: Callable[[str], str],
    now: Callable[[], datetime],
) -> Begun:
    """What the built-in layer wants of the instance in the event. Nothing is written.

    Where a layer of the instance uses the built-in layer already, that layer is meant, with these settings.
    Raises StackwardError where the layer cannot be compiled or an app's source not be fetched.
    """
    instance = stack.instances[name]
    own = next((layer for layer in stack.layers_of(instance) if layer.uses == uses), None)
    if own is None and uses == redis.NAME and not settings.get("password"):
        raise StackwardError(
            f"{name} is in no layer that uses redis, so no password is kept for it. Give the role one: "
            "redis_settings: {password: …}."
        )
    lent = Layer(name=uses, uses=uses) if own is None else own
    apps = {
        app.name: dataclasses.replace(app, layers=(*app.layers, uses))
        if own is None and app in stack.apps_of(instance)
        else app
        for app in stack.apps.values()
    }
    given = {lent.name: dataclasses.replace(lent, settings=settings)}
    others = {key: layer for key, layer in stack.layers.items() if key != lent.name}
    widened = dataclasses.replace(
        stack,
        # In front of the others, a lent layer is the one that runs the instance's apps.
        layers={**stack.layers, **given} if own is not None else {**given, **others},
        instances={
            **stack.instances,
            name: instance if own is not None else dataclasses.replace(instance, layers=(uses, *instance.layers)),
        },
        apps=apps,
    )
    return look(store, widened, name, event, {}, decrypt=decrypt, now=now, only=lent.name)
