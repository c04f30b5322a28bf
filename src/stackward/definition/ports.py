"""Whether two parts of a stack file want the same port of an instance, where one would answer for the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from stackward.definition import raw
from stackward.definition.built_in import BuiltInLayers, Listener
from stackward.definition.layer_settings import own
from stackward.definition.mistake import Finding, Mistake, Path


def findings(data: Any, built_in: BuiltInLayers) -> Iterator[Finding]:
    """Every port that is wanted twice on an instance, said at the later place of the file, once."""
    reported: set[Path] = set()
    known: set[tuple[str, ...]] = set()
    for instance in raw.mapping(data, "instances"):
        wanted = {layer for _, layer in raw.texts(data, "instances", instance, "layers")}
        layers = tuple(layer for layer in raw.mapping(data, "layers") if layer in wanted)
        if layers in known:
            continue
        known.add(layers)
        for path, mistake in _taken(instance, _listeners(data, layers, built_in)):
            if path not in reported:
                reported.add(path)
                yield path, mistake


def _taken(instance: str, listeners: Iterable[tuple[Path, Listener]]) -> Iterator[Finding]:
    owners: dict[int, str] = {}
    for path, listener in listeners:
        owner = owners.setdefault(listener.port, listener.who)
        if owner != listener.who:
            yield (
                path,
                Mistake(
                    f"{listener.who} would listen on port {listener.port} of {instance}, as {owner} does",
                    "give each a port of its own",
                ),
            )


def _listeners(data: Any, layers: Iterable[str], built_in: BuiltInLayers) -> Iterator[tuple[Path, Listener]]:
    """Yield who listens on an instance with these layers, as the file orders them, and where the file says so."""
    places = {app: place for place, app in enumerate(raw.mapping(data, "apps"))}
    encrypted = any("tls" in raw.mapping(data, "apps", app) for app in places)
    served: set[str] = set()
    for layer in layers:
        kind = built_in.get(raw.text(data, "layers", layer, "uses") or "")
        if kind is None:
            continue
        apps: Mapping[str, int] = {}
        if kind.runs_apps:
            # The first layer of an instance that an app lists runs it there.
            apps = {app: place for app, place in places.items() if app not in served and _lists(data, app, layer)}
            served |= apps.keys()
        try:
            settings = kind.settings.model_validate(own(raw.mapping(data, "layers", layer)))
        except ValidationError:
            continue
        for listener in kind.listeners(layer, settings, apps, encrypted):
            yield ("layers", layer, *listener.key), listener


def _lists(data: Any, app: str, layer: str) -> bool:
    return any(name == layer for _, name in raw.texts(data, "apps", app, "layers"))
