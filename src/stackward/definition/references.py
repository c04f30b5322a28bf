"""Whether the parts of a stack file name each other rightly: instances and apps their layers, apps their database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from stackward.definition import raw
from stackward.definition.built_in import BuiltInLayers
from stackward.definition.layer_settings import own
from stackward.definition.mistake import Finding, Mistake, Path, closest, shown, suggestion
from stackward.definition.taken_names import is_taken


def findings(data: Any, built_in: BuiltInLayers) -> Iterator[Finding]:
    """Every wrong reference of the file's data, whatever shape it has."""
    layers = list(raw.mapping(data, "layers"))
    used: set[str] = set()
    for section in ("instances", "apps"):
        for name in raw.mapping(data, section):
            for path, layer, mistake in _listed(data, (section, name, "layers"), layers):
                if mistake is not None:
                    yield path, mistake
                if section == "instances":
                    used.add(layer)
    meant = {closest(name, layers) for name in used if name not in layers}
    for layer in layers:
        if layer not in used and layer not in meant:
            yield (
                ("layers", layer),
                Mistake("no instance has this layer", f"add {layer} to the layers of an instance, or remove the layer"),
            )
    for layer in layers:
        yield from _mentions(data, layer, layers, built_in)
    for app in raw.mapping(data, "apps"):
        yield from _app(data, app, layers, built_in)
    yield from _domains(data)


def _listed(data: Any, path: tuple[str, str, str], layers: list[str]) -> Iterator[tuple[Path, str, Mistake | None]]:
    """Yield the layers in a list of layers, each with what is wrong with it."""
    before: set[str] = set()
    for position, layer in raw.texts(data, *path):
        mistake = None
        if layer in before:
            mistake = Mistake(f"layer {shown(layer)} is listed twice", "list each layer once")
        elif layer not in layers:
            mistake = _no_such_layer(layer, layers)
        before.add(layer)
        yield (*path, position), layer, mistake


def _no_such_layer(layer: str, layers: list[str]) -> Mistake:
    return Mistake(f"there is no layer {shown(layer)}", suggestion(layer, layers, "layers of this stack"))


def _mentions(data: Any, layer: str, layers: list[str], built_in: BuiltInLayers) -> Iterator[Finding]:
    """Yield what the settings of a built-in layer name in vain: it would be passed over in silence."""
    kind = built_in.get(raw.text(data, "layers", layer, "uses") or "")
    if kind is None:
        return
    try:
        settings = kind.settings.model_validate(own(raw.mapping(data, "layers", layer)))
    except ValidationError:
        return  # What is wrong there is said already.
    apps = list(raw.mapping(data, "apps"))
    for mention in kind.mentions(settings):
        path: Path = ("layers", layer, *mention.key)
        if mention.section == "layers":
            if mention.name not in layers:
                yield path, _no_such_layer(mention.name, layers)
        elif mention.name not in apps:
            hint = suggestion(mention.name, apps, "apps of this stack")
            yield path, Mistake(f"there is no app {shown(mention.name)}", hint)
        elif not _lists(data, mention.name, layer):
            right = f"add the layer {layer} to those of the app, or remove its port"
            yield path, Mistake(f"the app {shown(mention.name)} does not run on this layer", right)


def _app(data: Any, app: str, layers: list[str], built_in: BuiltInLayers) -> Iterator[Finding]:
    running = [layer for layer in layers if _runs_apps(data, layer, built_in)]
    for position, layer in raw.texts(data, "apps", app, "layers"):
        if layer in layers and layer not in running:
            yield (
                ("apps", app, "layers", position),
                Mistake(
                    f"layer {shown(layer)} ({raw.text(data, 'layers', layer, 'uses')}) cannot run apps",
                    _name_one(running, "layer that runs apps"),
                ),
            )
    yield from _unreachable(data, app, built_in)
    yield from _overridden(data, app, built_in)
    if is_taken(app) and any(
        _has_services(data, layer, built_in) for _, layer in raw.texts(data, "apps", app, "layers")
    ):
        yield (
            ("apps", app),
            Mistake(f"the system has an account or a unit {shown(app)} for itself", f"name it otherwise: {app}-app"),
        )
    database = raw.text(data, "apps", app, "database")
    if database is None:
        return
    path: Path = ("apps", app, "database")
    beside = list(raw.mapping(data, "databases"))
    providing = [*(layer for layer in layers if _provides_database(data, layer, built_in)), *beside]
    if database in beside:
        return
    if database not in layers:
        yield path, Mistake(f"there is no layer {shown(database)}", suggestion(database, providing, "database layers"))
    elif database not in providing:
        yield path, Mistake(f"layer {shown(database)} is not a database", _name_one(providing, "database layer"))


def _unreachable(data: Any, app: str, built_in: BuiltInLayers) -> Iterator[Finding]:
    """Yield that an app has no domain on a layer where another one answers for all names that nobody has."""
    if "domains" in raw.mapping(data, "apps", app) and raw.mapping(data, "apps", app)["domains"] != []:
        return
    for _, layer in raw.texts(data, "apps", app, "layers"):
        kind = built_in.get(raw.text(data, "layers", layer, "uses") or "")
        if kind is None or not kind.by_domain:
            continue
        beside = (name for name in raw.mapping(data, "apps") if _lists(data, name, layer))
        first = next(beside)
        if first != app:
            yield (
                ("apps", app),
                Mistake(
                    f"has no domain, and on the layer {shown(layer)} the app {shown(first)} answers for other names",
                    f"write domains: [{app}.example.com]",
                ),
            )
            return


def _overridden(data: Any, app: str, built_in: BuiltInLayers) -> Iterator[Finding]:
    """Yield variables that a layer gives the app: it would listen elsewhere than it is asked."""
    for _, layer in raw.texts(data, "apps", app, "layers"):
        kind = built_in.get(raw.text(data, "layers", layer, "uses") or "")
        for name in raw.mapping(data, "apps", app, "environment"):
            if kind is not None and name in kind.variables:
                yield (
                    ("apps", app, "environment", name),
                    Mistake(
                        f"the layer {shown(layer)} ({kind.name}) sets {name} itself",
                        "remove it; the layer's port and ports say where an app listens",
                    ),
                )


def _lists(data: Any, app: str, layer: str) -> bool:
    return any(name == layer for _, name in raw.texts(data, "apps", app, "layers"))


def _name_one(layers: list[str], what: str) -> str:
    return f"name a {what}: {', '.join(layers)}" if layers else f"add a {what} to the stack"


def _runs_apps(data: Any, layer: str, built_in: BuiltInLayers) -> bool:
    """Whether apps may name the layer; one whose `uses` is itself wrong gets the benefit of the doubt."""
    kind = built_in.get(raw.text(data, "layers", layer, "uses") or "")
    return kind is None or kind.runs_apps


def _has_services(data: Any, layer: str, built_in: BuiltInLayers) -> bool:
    """Whether apps of the layer are services of their own, with accounts of their names."""
    uses = raw.text(data, "layers", layer, "uses") or ""
    return uses in built_in and built_in[uses].runs_apps and uses != "static_web"


def _provides_database(data: Any, layer: str, built_in: BuiltInLayers) -> bool:
    uses = raw.text(data, "layers", layer, "uses")
    kind = built_in.get(uses or "")
    return kind.provides_database if kind is not None else uses is not None


def _domains(data: Any) -> Iterator[Finding]:
    """Yield the domains of a second app: a domain can lead to one app only."""
    owners: dict[str, str] = {}
    for app in raw.mapping(data, "apps"):
        for position, domain in raw.texts(data, "apps", app, "domains"):
            owner = owners.setdefault(domain.lower(), app)
            if owner != app:
                yield (
                    ("apps", app, "domains", position),
                    Mistake(
                        f"{shown(domain)} is a domain of the app {shown(owner)} already", "give each domain to one app"
                    ),
                )
