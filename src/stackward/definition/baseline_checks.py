"""Whether the users, packages, services and settings of a stack file agree with each other on every instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, Path, shown

_Said = tuple[tuple[str, ...], Any, Path]
"""What a layer says: of what, what, and where in the file."""


def findings(data: Any) -> Iterator[Finding]:
    """Users who are in each other's way, things named twice, and layers of one instance that contradict each other."""
    yield from _people(data)
    layers = list(raw.mapping(data, "layers"))
    for layer in layers:
        yield from _twice(data, layer)
    reported: set[Path] = set()
    for instance in raw.mapping(data, "instances"):
        wanted = {name for _, name in raw.texts(data, "instances", instance, "layers")}
        for path, mistake in _contradictions(data, [layer for layer in layers if layer in wanted]):
            if path not in reported:
                reported.add(path)
                yield path, mistake


def _people(data: Any) -> Iterator[Finding]:
    numbers: dict[int, str] = {}
    known: dict[tuple[str, str], tuple[Any, Path]] = {}
    apps = raw.mapping(data, "apps")
    places: list[tuple[str, ...]] = [("users",), *(("layers", layer, "users") for layer in raw.mapping(data, "layers"))]
    for place in places:
        for name in raw.mapping(data, *place):
            path: Path = (*place, name)
            if name in apps:
                yield (
                    path,
                    Mistake(
                        f"the app {shown(name)} has an account of this name", "give the user or the app another name"
                    ),
                )
            user = raw.mapping(data, *place, name)
            number = user.get("uid")
            if isinstance(number, int):
                owner = numbers.setdefault(number, name)
                if owner != name:
                    yield (
                        (*path, "uid"),
                        Mistake(
                            f"{shown(owner)} has the number {number} already", "give each user a number of its own"
                        ),
                    )
            for key in ("uid", "shell", "comment"):
                value = user.get(key)
                if value is None:
                    continue
                before, where = known.setdefault((name, key), (value, path))
                if before != value:
                    yield (
                        (*path, key),
                        Mistake(f"{'.'.join(map(str, where))} says {shown(before)}", "say it in one place"),
                    )


def _twice(data: Any, layer: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, package in raw.texts(data, "layers", layer, "packages"):
        if package in seen:
            yield (
                ("layers", layer, "packages", position),
                Mistake(f"{shown(package)} is listed twice", "list each package once"),
            )
        seen.add(package)
    rotated: dict[str, str] = {}
    for path, name, where in _log_paths(data, layer):
        if rotated.setdefault(path, name) != name:
            yield where, Mistake(f"{shown(rotated[path])} rotates {shown(path)} already", "name each log file once")


def _contradictions(data: Any, layers: list[str]) -> Iterator[Finding]:
    first: dict[tuple[str, ...], tuple[str, Any]] = {}
    for layer in layers:
        for key, value, path in _said(data, layer):
            owner, before = first.setdefault(key, (layer, value))
            if owner != layer and before != value:
                yield (
                    path,
                    Mistake(
                        f"the layer {shown(owner)} says {shown(before)}, and an instance has both layers",
                        "let them say the same, or only one of them",
                    ),
                )


def _said(data: Any, layer: str) -> Iterator[_Said]:
    """Yield what may differ between layers and must not on one instance."""
    for section in ("services", "sysctl"):
        for key, value in raw.mapping(data, "layers", layer, section).items():
            yield (section, key), value, ("layers", layer, section, key)
    for domain in raw.mapping(data, "layers", layer, "limits"):
        for item, value in raw.mapping(data, "layers", layer, "limits", domain).items():
            yield ("limits", domain, item), value, ("layers", layer, "limits", domain, item)
    servers = raw.mapping(data, "layers", layer).get("ntp")
    if isinstance(servers, list):
        yield ("ntp",), servers, ("layers", layer, "ntp")
    for path, name, where in _log_paths(data, layer):
        yield ("logrotate", path), f"{layer}.logrotate.{name}", where


def _log_paths(data: Any, layer: str) -> Iterator[tuple[str, str, Path]]:
    for name in raw.mapping(data, "layers", layer, "logrotate"):
        value = raw.mapping(data, "layers", layer, "logrotate", name).get("path")
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str):
                yield path, name, ("layers", layer, "logrotate", name, "path")
