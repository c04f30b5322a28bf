"""Accounts of a host: of the system, and of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A system account."""

    kind: ClassVar[str] = "user"
    name: str
    user: str
    home: str
    shell: str = "/usr/sbin/nologin"
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The accounts of people, all of them: one that an earlier call made and that is not named any more is removed.

    An account that somebody else made is never touched; where one has a name or number that is wanted here, it fails.
    """

    kind: ClassVar[str] = "people"
    name: str
    people: tuple[dict[str, Any], ...]
    """Of each: `account`, `ssh_keys`, `uid` (or None), `shell`, `groups`, `comment`."""
    notify: tuple[str, ...] = ()
