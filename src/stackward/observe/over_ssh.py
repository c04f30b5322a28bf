"""Has instances do small things over SSH: run a check, or ask a peer for its greeting. Nothing is left on them."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from stackward import ssh

K = TypeVar("K")

ANSWER_SECONDS = 15.0
"""How long one command may take, connecting included."""

_AT_ONCE = 20

_ASK = """\
import select, socket, sys, time
watch, waiting, answers = select.poll(), {}, []
for number, line in enumerate(sys.stdin):
    address, port = line.split()
    answers.append("n")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address, int(port), 0, socket.SOCK_STREAM)[0]
        one = socket.socket(family, kind, protocol)
        one.setblocking(False)
        one.connect_ex(place)
    except OSError:
        continue
    watch.register(one, select.POLLIN)
    waiting[one.fileno()] = number, one
until = time.monotonic() + 5
while waiting and time.monotonic() < until:
    for place, _ in watch.poll(max(1, (until - time.monotonic()) * 1000)):
        watch.unregister(place)
        number, one = waiting.pop(place)
        try:
            answers[number] = "y" if one.recv(64).startswith(b"SSH-") else "n"
        except OSError:
            pass
        one.close()
print("".join(answers))
"""
"""Greets many SSH servers at once; says "y" or "n" of each, in their order."""

ASKED_AT_ONCE = 500
"""How many places one instance is sent to ask at: each takes it an open file, of which it may have 1024."""


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


def asking(places: Sequence[tuple[str, int]]) -> tuple[str, str]:
    """The command by which an instance asks other ones' SSH servers for their greetings, and what it reads."""
    return f"python3 -c {shlex.quote(_ASK)}", "".join(f"{address} {port}\n" for address, port in places)


def heard(code: int, said: str, count: int) -> tuple[bool | None, ...]:
    """What an instance says that was sent to so many: whether each greeted it, None where it could not ask."""
    if code or len(said) != count or set(said) - {"y", "n"}:
        return (None,) * count
    return tuple(letter == "y" for letter in said)


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
