"""The code of an app on an instance: its account and folders, its releases, and the link to the live one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stackward.definition.taken_names import is_taken
from stackward.layers.context import AppOnInstance
from stackward.layers.errors import LayerError
from stackward.layers.folders import AppFolders, protected
from stackward.layers.resources import Directory, Link, Release, Releases, Resource, User
from stackward.lifecycle.releases import made_at

SharedFolder = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$", max_length=255)
]
"""A folder of an app that outlives a release, relative to the app's source."""


def place(item: AppOnInstance, folders: AppFolders, shared: tuple[str, ...]) -> list[Resource]:
    """Return the app's account and its folders. Raises LayerError for a name that the system has for itself."""
    name = item.app.name
    if is_taken(name):
        raise LayerError(f"App {name!r} would take over the system's account or unit of that name; name it otherwise.")
    return [
        User(name=f"{name}: account", user=name, home=folders.root),
        Directory(name=f"{name}: folder", path=folders.root, group=name, mode="0750"),
        Directory(name=f"{name}: releases", path=folders.releases, group=name, mode="0750"),
        Directory(name=f"{name}: shared folders", path=folders.shared, group=name, mode="0750"),
        *(
            Directory(
                name=f"{name}: shared {path}",
                path=f"{folders.shared}/{path}",
                # The app must not be able to put something else in the place of a folder on the way to another.
                owner=name if path in shared else "root",
                group=name,
                mode="0750",
            )
            for path in _with_parents(shared)
        ),
    ]


def code(item: AppOnInstance, folders: AppFolders, group: str | None = None) -> list[Resource]:
    """Return the release itself, if this run brings it; the group, the app's own where None, can read it."""
    if item.archive is None:
        return []
    name = item.app.name
    made = made_at(item.release)
    return [
        Release(
            name=f"{name}: release",
            path=folders.release(item.release),
            archive=item.archive,
            owner="root",
            group=name if group is None else group,
            made_at=None if made is None else int(made.timestamp()),
        )
    ]


def shared_links(item: AppOnInstance, folders: AppFolders, shared: tuple[str, ...]) -> list[Resource]:
    """Return what leads from the release to the folders that outlive it."""
    name = item.app.name
    release = folders.release(item.release)
    return [
        *(
            Directory(name=f"{name}: {path} in the release", path=f"{release}/{path}", group=name, mode="0750")
            for path in _with_parents(shared)
            if path not in shared
        ),
        *(
            Link(
                name=f"{name}: shared {path} in the release",
                path=f"{release}/{path}",
                target=f"{folders.shared}/{path}",
            )
            for path in shared
        ),
    ]


def live(item: AppOnInstance, folders: AppFolders, notify: tuple[str, ...]) -> Link:
    """Return the link that makes the release the live one."""
    return Link(
        name=f"{item.app.name}: current release",
        path=folders.current,
        target=folders.release(item.release),
        notify=notify,
    )


def old_releases(item: AppOnInstance, folders: AppFolders) -> Releases:
    """Return how many releases stay, and which in any case."""
    return Releases(
        name=f"{item.app.name}: old releases",
        path=folders.releases,
        keep=item.app.keep,
        protect=protected(folders, item.before),
    )


def _with_parents(paths: tuple[str, ...]) -> list[str]:
    return sorted({"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 2)})
