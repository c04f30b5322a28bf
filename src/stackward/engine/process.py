"""Who this process is, so that a later run on the same machine can see whether it is still there."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stackward.state.records import Claim


@dataclass(frozen=True, slots=True)
class Owner:
    """A process on a machine. `started` is its start in clock ticks since the machine's boot."""

    host: str
    process: int
    started: float
    user: str


def _machine() -> str:
    """Host name, boot, and whose process numbers.

    Those from before a reboot mean nothing any more, nor do those of a container that has its host's name.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        boot = "unknown"
    try:
        numbers = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        numbers = "unknown"
    return f"{socket.gethostname()}/{boot}/{numbers}"


def started(process: int) -> float | None:
    """When a process of this machine started, in ticks since boot; None if there is none (or only its remains)."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else float(fields[19])


def owner(process: int) -> Owner:
    """The owner for a process of this machine."""
    return Owner(host=_machine(), process=process, started=started(process) or 0.0, user=_user())


def _user() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def dead_runs(claims: Iterable[Claim]) -> frozenset[int]:
    """The runs among these claims that ran on this machine and whose process is gone."""
    machine = _machine()
    return frozenset(
        claim.run for claim in claims if claim.host == machine and started(claim.process) != claim.process_started
    )


def is_alive(host: str, process: int, since: float) -> bool | None:
    """Whether a process that started `since` ticks after boot is still there; None where it is of another machine."""
    return started(process) == since if host == _machine() else None
