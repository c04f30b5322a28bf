"""The options of `provider: {type: container, …}`, checked."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.container import image
from stackward.providers.container.engine import EngineName


@dataclass(frozen=True, slots=True)
class Options:
    """`engine` None takes the first installed; `subnet` None lets the engine choose a free one.

    `zone` is whatever hosts share that can be lost together: this provider only remembers it.
    """

    image: image.Image
    engine: EngineName | None = None
    subnet: str | None = None
    zone: str = ""


_KNOWN = ("engine", "image", "subnet", "zone")


def parse(given: Mapping[str, Any]) -> Options:
    """The options, with defaults filled in. Raises ProviderError naming the first wrong one."""
    for name in given:
        if name not in _KNOWN:
            near = difflib.get_close_matches(str(name), _KNOWN, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It knows {', '.join(_KNOWN)}."
            raise ProviderError(f"The container provider has no option {name!r}. {hint}")
    return Options(
        image.chosen(_text(given, "image") or image.DEFAULT),
        _engine(_text(given, "engine")),
        _subnet(given),
        _text(given, "zone") or "",
    )


def _engine(name: str | None) -> EngineName | None:
    if name is None:
        return None
    try:
        return EngineName(name)
    except ValueError:
        known = " or ".join(engine.value for engine in EngineName)
        raise ProviderError(f"The container provider's option engine is {name!r}; it can be {known}.") from None


def _subnet(given: Mapping[str, Any]) -> str | None:
    subnet = _text(given, "subnet")
    if subnet is None:
        return None
    try:
        return str(ipaddress.IPv4Network(subnet))
    except ValueError as error:
        raise ProviderError(
            f"The container provider's option subnet is {subnet!r}: {error}. Give one like 10.251.0.0/24."
        ) from None


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is None or isinstance(value, str):
        return value
    raise ProviderError(f"The container provider's option {name} is {value!r}; it must be text.")
