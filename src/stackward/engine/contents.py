"""Looks at what the layers of a stack would run now: recipes by what their files hold, built-in parts by their code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stackward import __version__, layers
from stackward.definition.model import App, Layer, Recipe, RecipeType, Stack
from stackward.definition.places import Places
from stackward.definition.role_places import RolePlaces
from stackward.layers import built_in
from stackward.lifecycle.events import Event
from stackward.rollout.actions import ACTION
from stackward.rollout.contents import Contents, Parts, hook_of, part_of
from stackward.rollout.digest import short
from stackward.state.transaction import StackTransaction

EVENTS = (Event.SETUP, Event.CONFIGURE, Event.DEPLOY)
"""Of these it is known what ran last. What undeploy and shutdown leave behind is nothing that could differ."""

_VALUES = frozenset(event.value for event in EVENTS)

_BUILT_IN = (Event.SETUP, Event.CONFIGURE)
"""An app's own part of a deploy is known with its release."""

_BESIDE = ("files", "templates", "vars")
"""Folders beside a task file in which Ansible looks for what its tasks name."""

_MODULES = "modules"


def contents(stack: Stack, roles: RolePlaces, only: Collection[str] | None = None) -> Contents:
    """What each layer, or each of `only`, would run now, and each app at its deploys.

    A file that cannot be read counts by its name alone.
    """
    places = Places.of(stack.path)
    chosen = [layer for layer in stack.layers.values() if only is None or layer.name in only]
    return Contents(
        {layer.name: {event: _parts(layer, event, places, roles) for event in EVENTS} for layer in chosen},
        {app.name: _hooks(app, places, roles) for app in stack.apps.values()},
    )


def begun(transaction: StackTransaction, name: str, epoch: int, event: str, arguments: Mapping[str, Any]) -> None:
    """An event has begun, so that nothing is known of what it will have run. Configure is known by its generation."""
    if event in (Event.SETUP.value, Event.DEPLOY.value) and ACTION not in arguments:
        transaction.set_ran(name, epoch, Event(event), None)


def ended(
    transaction: StackTransaction, name: str, epoch: int, event: str, arguments: Mapping[str, Any], ran: Parts
) -> None:
    """An event has run to its end. A restart and the like is a deploy of nobody's recipes."""
    if event in _VALUES and ACTION not in arguments:
        transaction.set_ran(name, epoch, Event(event), ran)


def _parts(layer: Layer, event: Event, places: Places, roles: RolePlaces) -> dict[str, str]:
    found: dict[str, str] = {}
    if layer.uses is not None and event in _BUILT_IN:
        found[f"the built-in part of {layer.name}"] = _built_in(layer, event)
    for recipe in layer.recipes.get(event, ()):
        _add(found, part_of(recipe, layer), recipe, places, roles)
    return found


def _hooks(app: App, places: Places, roles: RolePlaces) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, recipes in app.deploy.hooks.items():
        for recipe in recipes:
            _add(found, hook_of(recipe, place, app), recipe, places, roles)
    return found


def _add(found: dict[str, str], name: str, recipe: Recipe, places: Places, roles: RolePlaces) -> None:
    """Add a part. Two files of one name, or a recipe that is named twice, are one: whatever of them changes."""
    found[name] = short({"before": found.get(name), "recipe": _recipe(recipe, places, roles)})


def _built_in(layer: Layer, event: Event) -> str:
    """The code, and of the settings those that only Setup applies: the others are applied by each Configure too."""
    only_setup = built_in(layer).only_setup if event is Event.SETUP else frozenset()
    settings = {key: value for key, value in layer.settings.items() if key in only_setup}
    return short({"stackward": __version__, "code": _code(), "uses": layer.uses, "settings": settings})


@cache
def _code() -> str:
    """The code and the templates of all built-in layers: a step that many share is no layer's own."""
    folder = Path(layers.__path__[0])
    return _digest(_files(folder))


def _recipe(recipe: Recipe, places: Places, roles: RolePlaces) -> str:
    if recipe.type is RecipeType.COMMAND:
        return recipe.name
    if recipe.type is RecipeType.ROLE:
        return _digest(file for folder in _roles(recipe.name, places, roles, set()) for file in _files(folder))
    file = Path(recipe.name)
    if recipe.type is RecipeType.TASKS:
        own, folders = list(_task_files(file, set())), [file.parent / name for name in _BESIDE]
    else:
        own, folders = [file], [file.parent / _MODULES, file.parent.parent / _MODULES]
    return _digest([*((path.name, path) for path in own), *(entry for folder in folders for entry in _files(folder))])


def _task_files(file: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield a task file and the files beside it that it names, with those that they name."""
    seen.add(file)
    yield file
    if file.suffix not in (".yml", ".yaml"):
        return
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
        beside = sorted(path for path in file.parent.iterdir() if path.name in text and path.is_file())
    except OSError:
        return
    for path in beside:
        if path not in seen:
            yield from _task_files(path, seen)


def _roles(name: str, places: Places, roles: RolePlaces, seen: set[str]) -> Iterator[Path]:
    """Yield the folder of a role and of those that its `meta/main.yml` says it depends on."""
    found = roles.folder(name, places.roles)
    if found is None or found in seen:
        return
    seen.add(found)
    yield Path(found)
    for needed in _dependencies(Path(found)):
        yield from _roles(needed, places, roles, seen)


def _dependencies(role: Path) -> Iterator[str]:
    for ending in ("yml", "yaml"):
        try:
            data: Any = yaml.safe_load((role / "meta" / f"main.{ending}").read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue  # Ansible says so when it runs the role; its text counts all the same.
        listed = data.get("dependencies") if isinstance(data, dict) else None
        for item in listed if isinstance(listed, list) else []:
            named = item.get("role") or item.get("name") if isinstance(item, dict) else item
            if isinstance(named, str):
                yield named


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield what a folder holds, with its name in there, but for what tools leave behind."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(files):
            if not name.endswith((".pyc", "~")):
                path = Path(here, name)
                yield str(path.relative_to(folder)), path


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    summed = hashlib.sha256()
    for name, path in files:
        summed.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        try:
            with path.open("rb") as opened:
                summed.update(hashlib.file_digest(opened, "sha256").digest())
        except OSError:
            summed.update(b"not readable")
    return summed.hexdigest()
