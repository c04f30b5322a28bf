"""How the health of an instance or an app is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CheckType(Enum):
    """How the health check of a layer asks."""

    HTTP = "http"
    TCP = "tcp"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Check:
    """A health check: an HTTP path at a port of the instance, a TCP port, or a command on the instance itself."""

    type: CheckType
    port: int = 0
    path: str = ""
    command: str = ""
