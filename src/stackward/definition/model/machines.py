"""What makes an instance's machine, how one gets to it, and its disks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

OWNED = "static"
"""The type of the provider for machines that somebody owns: they are registered, and not made."""


class Connection(Enum):
    """How Ansible gets to a machine."""

    SSH = "ssh"
    SSM = "ssm"
    PSRP = "psrp"
    WINRM = "winrm"


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Which provider makes the machines, and its options as the file gives them."""

    type: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """Who logs in over SSH; anybody but root becomes root by sudo."""
        return str(self.options.get("user", "root"))

    @property
    def connection(self) -> Connection:
        """How Ansible gets to it. Everything but SSH is Ansible's alone: nothing else looks at such a machine."""
        return Connection(self.options.get("connection", "ssh"))

    @property
    def windows(self) -> bool:
        """Whether it runs Windows, so that only recipes of the user's own run there."""
        return self.options.get("platform") == "windows"

    @property
    def owned(self) -> bool:
        """Whether the machine is there without Stackward: it is registered, not made, and never replaced."""
        return self.type == OWNED

    @property
    def switches(self) -> frozenset[str]:
        """For a machine that somebody owns, what there is a power command for: start, stop, reboot, status."""
        return frozenset(self.options.get("power", ()))


@dataclass(frozen=True, slots=True)
class Volume:
    """A disk that outlives its instance's machine, mounted at `mount`. Size in gibibytes where that means anything.

    With a `raid` level it is an array of several `disks`, and `size` is what it holds. One that is not to `keep` is
    deleted, with its data, when its instance is terminated.
    """

    mount: str
    size: int | None = None
    raid: int | None = None
    disks: int = 1
    keep: bool = True

    @property
    def size_of_each(self) -> int | None:
        """How many gibibytes each of its disks has, so that the array holds what is asked for."""
        holding = {None: 1, 0: self.disks, 1: 1, 10: self.disks // 2}[self.raid]
        return None if self.size is None else -(-self.size // holding)
