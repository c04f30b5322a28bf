"""Has instances do small things over SSH: run a check, or ask a peer for its greeting. Nothing is left on them."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from stackward.engine import ssh

K = TypeVar("K")

ANSWER_SECONDS = 15.0
"""How long one command may take, connecting included."""

_AT_ONCE = 20

_ASK = (
    "import socket, sys\n"
    "try:\n"
    "    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as place:\n"
    "        place.settimeout(5)\n"
    "        sys.exit(0 if place.recv(64).startswith(b'SSH-') else 3)\n"
    "except OSError:\n"
    "    sys.exit(3)\n"
)

_SILENT = 3


@dataclass(frozen=True, slots=True)
class Errand:
    """A command for an instance at an address, and what it reads from its standard input."""

    address: str
    port: int
    command: str
    user: str = "root"
    key: str | None = None
    as_root: bool = False
    input: str = ""


def ask_for(address: str, port: int) -> str:
    """The command by which an instance asks another one's SSH server for its greeting."""
    return f"python3 -c {shlex.quote(_ASK)} {shlex.quote(address)} {port}"


def heard(code: int) -> bool | None:
    """What an instance says that was sent to ask: whether it was greeted, None where it could not ask."""
    return {0: True, _SILENT: False}.get(code)


def run(data: str, errands: Mapping[K, Errand]) -> dict[K, tuple[int, str]]:
    """Run commands on instances, by any name. Returns the exit code (255: not reached) and the last line said."""
    if not errands:
        return {}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return dict(zip(errands, pool.map(lambda errand: _run(data, errand), errands.values()), strict=True))


def _run(data: str, errand: Errand) -> tuple[int, str]:
    command = [
        *("ssh", "-T", "-F", "none", "-i", errand.key or str(ssh.private_key(data))),
        *("-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "IdentitiesOnly=yes"),
        *("-o", f"UserKnownHostsFile={ssh.known_hosts(data)}", "-o", "GlobalKnownHostsFile=/dev/null"),
        *("-o", "StrictHostKeyChecking=yes", "-p", str(errand.port), f"{errand.user}@{errand.address}"),
        f"sudo -n sh -c {shlex.quote(errand.command)}" if errand.as_root and errand.user != "root" else errand.command,
    ]
    try:
        done = subprocess.run(
            command,
            input=errand.input,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 255, f"no answer within {ANSWER_SECONDS:.0f} s"
    said = done.stdout if done.returncode == 0 else done.stderr.strip() or done.stdout
    lines = said.strip().splitlines()
    return done.returncode, lines[-1] if lines else f"exit code {done.returncode}"
