"""What stands for load balancers and databases of a stack file where its provider has none of its own.

With containers, a database that is to be made is an instance with the built-in layer of its engine, and load balancers
are an instance with HAProxy, unless the stack has such a layer. What is made so is read, checked and compiled as if it
had been written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake

WITHOUT = frozenset({"container"})
"""Providers that have neither load balancers nor databases."""

BALANCER = "load_balancer"
"""The layer that stands for load balancers."""

_HAPROXY = "haproxy"
_FOLDERS = {"postgresql": "/var/lib/postgresql", "mysql": "/var/lib/mysql"}
_LOGIN = ("user", "password")
_REGISTERED_ONLY = ("port", *_LOGIN)
_MADE_ONLY = ("size", "version", "provider")


def instance_of(name: str) -> str:
    """Return the name of the instance of a layer that stands for something."""
    return f"{name.replace('_', '-')}1"


def expanded(data: dict[str, Any]) -> dict[str, Any]:
    """Return a file's data with the layers and instances that stand for what its provider does not have."""
    standing = dict(_standing(data))
    if not standing:
        return data
    layers, instances = dict(raw.mapping(data, "layers")), dict(raw.mapping(data, "instances"))
    for name, layer in standing.items():
        layers.setdefault(name, layer)
        instances.setdefault(instance_of(name), {"layers": [name]})
    return {**data, "layers": layers, "instances": instances}


def _standing(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if raw.text(data, "provider", "type") not in WITHOUT:
        return
    layers = [layer for layer in raw.mapping(data, "layers").values() if isinstance(layer, dict)]
    if any(layer.get("load_balancers") for layer in layers) and not any(_balances(layer) for layer in layers):
        yield BALANCER, {"uses": _HAPROXY}
    for name, item in raw.mapping(data, "databases").items():
        if isinstance(item, dict) and "host" not in item and raw.text(item, "engine") in _FOLDERS:
            size = {"size": item["size"]} if "size" in item else {}
            yield name, {"uses": item["engine"], "volumes": [{"mount": _FOLDERS[item["engine"]], **size}]}


def _balances(layer: dict[str, Any]) -> bool:
    return layer.get("uses") == _HAPROXY


def findings(data: Any) -> Iterator[Finding]:
    """Every mistake in how databases and the rest of the file fit. `data` is what was written."""
    for name in raw.mapping(data, "databases"):
        item = raw.mapping(data, "databases", name)
        if name in raw.mapping(data, "layers"):
            right = "give one of them another name, as apps name both"
            yield ("databases", name), Mistake("there is a layer of this name", right)
        if instance_of(name) in raw.mapping(data, "instances"):
            wrong = f"with containers it is the instance {instance_of(name)}, which is there"
            yield ("databases", name), Mistake(wrong, "give one of them another name")
        registered = "host" in item
        for key in _MADE_ONLY if registered else _REGISTERED_ONLY:
            if key in item:
                yield ("databases", name, key), _misplaced(key, registered=registered)
        for key in _LOGIN if registered else ():
            if key not in item:
                yield ("databases", name, key), Mistake("is missing", f"write {key}: who logs in at {item['host']}")


def _misplaced(key: str, *, registered: bool) -> Mistake:
    if registered:
        return Mistake("a database with a host is not made here", f"remove {key}, or remove host")
    return Mistake("a database that is made gets its login by itself", f"remove {key}, or write host")
