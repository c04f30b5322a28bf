"""Files, directories and links of a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file with exactly this content, replaced atomically. `validate` is a command with %s for the candidate."""

    kind: ClassVar[str] = "file"
    name: str
    path: str
    content: str
    owner: str = "root"
    group: str = "root"
    mode: str = "0644"
    validate: tuple[str, ...] = ()
    secret: bool = False
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some lines of a file that others write too. `marker` names them; the rest of the file is left alone.

    With `present` False there must be neither lines nor marks.
    """

    kind: ClassVar[str] = "block"
    name: str
    path: str
    marker: str
    content: str = ""
    present: bool = True
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory with this owner and mode (its content is left alone)."""

    kind: ClassVar[str] = "directory"
    name: str
    path: str
    owner: str = "root"
    group: str = "root"
    mode: str = "0755"
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A symbolic link to `target`, switched atomically."""

    kind: ClassVar[str] = "link"
    name: str
    path: str
    target: str
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A path that must not be there; directories go with what is in them, except volumes mounted below."""

    kind: ClassVar[str] = "absent"
    name: str
    path: str
    notify: tuple[str, ...] = ()
