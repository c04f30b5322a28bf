"""Where the files and folders that a stack file names are, relative to it."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, shown

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

    def task_file(self, name: str) -> str | None:
        """Return the absolute path of a task file beside the stack file or in the project, None if it is in neither."""
        for folder in (self.folder, self.project):
            path = Places(folder).path(name)
            if os.path.isfile(path):
                return path
        return None


def absolute(path: str) -> str:
    """Return a path from the root, relative to where this process runs."""
    return os.path.abspath(path)


def findings(data: Any, places: Places) -> Iterator[Finding]:
    """Task files and source folders that do not exist."""
    for layer in raw.mapping(data, "layers"):
        for event in _EVENTS:
            for position, recipe in raw.items(data, "layers", layer, "recipes", event):
                name = raw.text(recipe, "tasks")
                if name and "\0" not in name and places.task_file(name) is None:
                    yield (
                        ("layers", layer, "recipes", event, position, "tasks"),
                        Mistake(
                            f"there is no file {shown(name)} in {places.folder} or {places.project}",
                            "write a path relative to one of them",
                        ),
                    )
    for app in raw.mapping(data, "apps"):
        source = raw.mapping(data, "apps", app, "source")
        name = raw.text(source, "path")
        if source.get("type") == "directory" and name and "\0" not in name and not os.path.isdir(places.path(name)):
            yield (
                ("apps", app, "source", "path"),
                Mistake(f"there is no folder {places.path(name)}", f"write a path relative to {places.folder}"),
            )
