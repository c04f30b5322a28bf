"""Where the files and folders that a stack file names are, relative to it."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, on_a_line, shown
from stackward.definition.model import HOOKS, Recipe, RecipeType
from stackward.definition.role_places import RolePlaces, role_name

_EVENTS = ("setup", "configure", "deploy", "undeploy", "shutdown")

# os.path normalises without following links, and says no where pathlib raises for a path that may not be looked at.
# ruff: noqa: PTH100, PTH111, PTH112, PTH113, PTH118, PTH120


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of a stack file (absolute)."""

    folder: str

    @classmethod
    def of(cls, stack_file: str) -> Places:
        """Return the places for a stack file's path."""
        return cls(os.path.dirname(absolute(stack_file)))

    @property
    def project(self) -> str:
        """The project: the folder above the stack file's."""
        return os.path.dirname(self.folder)

    def path(self, name: str) -> str:
        """Return an absolute path for one that is relative to the stack file; ~ is the home of who runs this."""
        return os.path.abspath(os.path.join(self.folder, os.path.expanduser(name)))

    def has_file(self, name: str) -> bool:
        """Return whether there is a file at a path that is relative to the stack file."""
        return os.path.isfile(self.path(name))

    @property
    def searched(self) -> tuple[str, ...]:
        """Where task files and manifests are looked for: beside the stack file, in the project, by its playbooks."""
        return self.folder, self.project, os.path.join(self.project, "playbooks")

    @property
    def roles(self) -> tuple[str, ...]:
        """The project's folders for roles."""
        beside, project, playbooks = self.searched
        return tuple(os.path.join(folder, "roles") for folder in (project, beside, playbooks))

    def recipe_file(self, name: str) -> str | None:
        """Return the absolute path of a task file or manifest, None if it is in none of the places."""
        for folder in self.searched:
            path = Places(folder).path(name)
            if os.path.isfile(path):
                return path
        return None

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return a recipe with the absolute path of its task file or manifest; others are as they are."""
        if recipe.type not in (RecipeType.TASKS, RecipeType.PUPPET):
            return recipe
        return Recipe(recipe.type, self.recipe_file(recipe.name) or self.path(recipe.name))


def absolute(path: str) -> str:
    """Return a path from the root, relative to where this process runs."""
    return os.path.abspath(path)


def findings(data: Any, places: Places, roles: RolePlaces | None) -> Iterator[Finding]:
    """Recipes and source folders that do not exist. Where `roles` is None, roles are not looked for."""
    for layer in raw.mapping(data, "layers"):
        for event in _EVENTS:
            for position, recipe in raw.items(data, "layers", layer, "recipes", event):
                for path, mistake in _recipe(recipe, places, roles):
                    yield ("layers", layer, "recipes", event, position, *path), mistake
    for app in raw.mapping(data, "apps"):
        for hook in HOOKS:
            for position, recipe in raw.items(data, "apps", app, "deploy", "hooks", hook):
                for path, mistake in _recipe(recipe, places, roles):
                    yield ("apps", app, "deploy", "hooks", hook, position, *path), mistake
        source = raw.mapping(data, "apps", app, "source")
        key = raw.text(source, "deploy_key")
        if source.get("type") == "git" and key and "\0" not in key and not os.path.isfile(places.path(key)):
            yield (
                ("apps", app, "source", "deploy_key"),
                Mistake(f"there is no file {on_a_line(places.path(key))}", f"write a path relative to {places.folder}"),
            )
        name = raw.text(source, "path")
        if source.get("type") == "directory" and name and "\0" not in name and not os.path.isdir(places.path(name)):
            yield (
                ("apps", app, "source", "path"),
                Mistake(
                    f"there is no folder {on_a_line(places.path(name))}", f"write a path relative to {places.folder}"
                ),
            )


def _recipe(recipe: Any, places: Places, roles: RolePlaces | None) -> Iterator[Finding]:
    for kind in ("tasks", "puppet"):
        name = raw.text(recipe, kind)
        if name and "\0" not in name and places.recipe_file(name) is None:
            first, *others = places.searched
            yield (
                (kind,),
                Mistake(
                    f"there is no file {shown(name)} in {first}, {' or '.join(others)}",
                    "write a path relative to one of them",
                ),
            )
    name = recipe if isinstance(recipe, str) else raw.text(recipe, "role")
    if roles is not None and name and role_name(name) and roles.folder(name, places.roles) is None:
        yield (() if isinstance(recipe, str) else ("role",)), roles.missing(name, places.roles)
