"""systemd units of a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A systemd unit that is enabled and running (or, with `running` False, disabled and stopped)."""

    kind: ClassVar[str] = "service"
    name: str
    unit: str
    running: bool = True
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenServices:
    """The systemd units of which somebody said whether they run, all of them.

    One that is not named any more becomes again what it was before an earlier call changed it.
    """

    kind: ClassVar[str] = "chosen_services"
    name: str
    services: dict[str, bool]
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBefore:
    """How a systemd unit was before its package came, which is recorded while it is `needed`.

    Not needed any more, it becomes again what it was: stopped where it was not there.
    """

    kind: ClassVar[str] = "unit_before"
    name: str
    unit: str
    needed: bool
    notify: tuple[str, ...] = ()
