"""Packages of a host's distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """Distribution packages that must be installed."""

    kind: ClassVar[str] = "packages"
    name: str
    packages: tuple[str, ...]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPackages:
    """The packages that somebody chose, all of them.

    One that an earlier call installed, and that is not named here any more, is removed if nothing else needs it.
    """

    kind: ClassVar[str] = "chosen_packages"
    name: str
    packages: tuple[str, ...]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """All packages of the distribution as new as they can be. It warns where a reboot is needed for that."""

    kind: ClassVar[str] = "updates"
    name: str
    notify: tuple[str, ...] = ()
