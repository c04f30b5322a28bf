"""Pools: instances that nobody names one by one. One in the file becomes a pattern of names, and bounds of its layer.

What is made of it is read, checked and compiled as if it had been written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, shown

NUMBER = "{n}"
"""Stands for the number in the name of an instance of a pool."""

HOSTNAME = r"[a-z](?:[a-z0-9-]*)\{n\}(?:[a-z0-9-]*[a-z0-9])?"


def usual_hostname(layer: str) -> str:
    """Return what instances of a layer's pool are called unless the file says otherwise."""
    return f"{layer.replace('_', '-')}-{NUMBER}"


def key_of(layer: str, most: int, hostname: str | None) -> str:
    """Return the pattern that a pool stands for."""
    return (hostname or usual_hostname(layer)).replace(NUMBER, f"[1:{most}]")


def expanded(data: dict[str, Any]) -> dict[str, Any]:
    """Return a file's data with its pools written out; what is wrong with them is for others to say."""
    pools = dict(_keys(data))
    if not pools:
        return data
    layers = {name: _scaling(item) if name in pools else item for name, item in data["layers"].items()}
    instances = dict(raw.mapping(data, "instances"))
    for layer, key in pools.items():
        instances.setdefault(key, {"layers": [layer], "type": "load"})
    return {**data, "layers": layers, "instances": instances}


def findings(data: Any) -> Iterator[Finding]:
    """Every mistake in how pools and the rest of the file fit. `data` is what was written."""
    for layer in raw.mapping(data, "layers"):
        pool = raw.mapping(data, "layers", layer, "pool")
        load = raw.mapping(data, "layers", layer, "scaling", "load")
        for bound in ("min", "max"):
            if bound in pool and bound in load:
                yield (
                    ("layers", layer, "scaling", "load", bound),
                    Mistake(f"the pool has a {bound} already", "write it in one place only"),
                )
        least, most, warm = (_whole(pool.get(key)) for key in ("min", "max", "warm"))
        for key, number in (("min", least), ("warm", warm)):
            if number is not None and most is not None and number > most:
                wrong = f"{number} is more than max ({most})"
                yield ("layers", layer, "pool", key), Mistake(wrong, f"write {most} at most")
    for layer, key in _keys(data):
        if key in raw.mapping(data, "instances"):
            yield (
                ("instances", key),
                Mistake(f"the pool of layer {shown(layer)} stands for the same names", "remove it here"),
            )


def _keys(data: Any) -> Iterator[tuple[str, str]]:
    """Yield the layers with a pool, and its pattern of names. What cannot be read of it counts as not written."""
    for layer, item in raw.mapping(data, "layers").items():
        pool = item.get("pool") if isinstance(item, dict) else None
        if isinstance(pool, dict):
            most, hostname = _whole(pool.get("max")), pool.get("hostname")
            readable = isinstance(hostname, str) and re.fullmatch(HOSTNAME, hostname)
            yield layer, key_of(layer, most if most and most > 0 else 1, hostname if readable else None)


def _scaling(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer with the bounds of its pool where scaling looks for them."""
    scaling = layer.get("scaling", {"load": {}})
    if not isinstance(scaling, dict) or not isinstance(scaling.get("load"), dict):
        return dict(layer)
    least = {"min": layer["pool"]["min"]} if "min" in layer["pool"] else {}
    return {**layer, "scaling": {**scaling, "load": {**least, **scaling["load"]}}}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
