"""What must answer on a host before anything goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """An HTTP URL on the host that must answer with a status below 400 within `within` seconds.

    With `any_status` any answer will do. Waiting notifications are carried out first. `unit` names the systemd unit
    that has to answer, and whose last log lines explain a failure, `front` one that may listen in its place.
    """

    kind: ClassVar[str] = "answers"
    name: str
    url: str
    within: float = 30.0
    any_status: bool = False
    unit: str = ""
    front: str = ""
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listens:
    """A TCP port of the host on which something must listen within `within` seconds. Otherwise as `Answers`."""

    kind: ClassVar[str] = "listens"
    name: str
    port: int
    within: float = 30.0
    unit: str = ""
    front: str = ""
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeds:
    """A command, read by a shell, that must succeed within `within` seconds. Otherwise as `Answers`."""

    kind: ClassVar[str] = "succeeds"
    name: str
    command: str
    within: float = 30.0
    unit: str = ""
    notify: tuple[str, ...] = ()
