"""Databases of a stack file that are no layers: what is wrong with them, and what they are where no provider has any.

A provider that makes no databases gets an instance with the built-in layer of the same engine instead. What is made of
one is read, checked and compiled as if it had been written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake

MAKERS = frozenset({"ec2"})
"""Providers that make databases themselves."""

_FOLDERS = {"postgresql": "/var/lib/postgresql", "mysql": "/var/lib/mysql"}
_LOGIN = ("user", "password")
_REGISTERED_ONLY = ("port", *_LOGIN)
_MADE_ONLY = ("size", "version", "provider")


def instance_of(name: str) -> str:
    """Return the name of the instance that stands for a database."""
    return f"{name.replace('_', '-')}1"


def expanded(data: dict[str, Any]) -> dict[str, Any]:
    """Return a file's data with its databases as layers where its provider makes none."""
    standing = dict(_standing(data))
    if not standing:
        return data
    layers, instances = dict(raw.mapping(data, "layers")), dict(raw.mapping(data, "instances"))
    for name, item in standing.items():
        size = {"size": item["size"]} if "size" in item else {}
        layers.setdefault(name, {"uses": item["engine"], "volumes": [{"mount": _FOLDERS[item["engine"]], **size}]})
        instances.setdefault(instance_of(name), {"layers": [name]})
    return {**data, "layers": layers, "instances": instances}


def _standing(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if raw.text(data, "provider", "type") in MAKERS:
        return
    for name, item in raw.mapping(data, "databases").items():
        if isinstance(item, dict) and "host" not in item and item.get("engine") in _FOLDERS:
            yield name, item


def findings(data: Any) -> Iterator[Finding]:
    """Every mistake in how databases and the rest of the file fit. `data` is what was written."""
    for name in raw.mapping(data, "databases"):
        item = raw.mapping(data, "databases", name)
        if name in raw.mapping(data, "layers"):
            right = "give one of them another name, as apps name both"
            yield ("databases", name), Mistake("there is a layer of this name", right)
        if instance_of(name) in raw.mapping(data, "instances"):
            wrong = f"without a provider that makes databases it is the instance {instance_of(name)}, which is there"
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


def named(data: Any) -> list[str]:
    """Return the databases of the file that apps may name."""
    return list(raw.mapping(data, "databases"))
