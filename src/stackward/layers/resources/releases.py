"""Releases of an app on a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The code of one release, unpacked once into `path` from the archive that is shipped only when it is missing."""

    kind: ClassVar[str] = "release"
    name: str
    path: str
    archive: str
    """Absolute path of the archive on the controller."""
    owner: str
    group: str
    made_at: int | None = None
    """What every file and folder in it has as its time, in seconds since 1970; None for when it is unpacked.

    nginx and others make an ETag of it, which must be the same on all hosts.
    """
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """Keeps the newest `keep` folders of `path` and always those that the links in `protect` point to."""

    kind: ClassVar[str] = "releases"
    name: str
    path: str
    keep: int
    protect: tuple[str, ...]
    notify: tuple[str, ...] = ()
