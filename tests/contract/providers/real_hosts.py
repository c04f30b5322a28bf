"""Real hosts for tests: their stack's name, and ways to look at them."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

from stackward.providers.base import Machine
from stackward.providers.container.engine import find


def own_stack() -> str:
    """The stack of this process's real hosts; workers of one run have different ones."""
    return f"contract-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


def inside(machine: Machine, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A command that the engine runs in the host, as root, without SSH."""
    return subprocess.run(
        [find().executable, "exec", "-i", machine.id, *command],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def booted(machine: Machine) -> str:
    """The state of systemd once the host has booted ("running", "degraded"), or the last one seen."""
    state = ""
    for _ in range(300):
        # Until systemd listens, the command that waits for it cannot wait.
        state = inside(machine, "systemctl", "is-system-running", "--wait").stdout.strip()
        if state in ("running", "degraded"):
            break
        threading.Event().wait(0.2)
    return state


def over_ssh(machine: Machine, key: Path, *command: str, address: str | None = None) -> str:
    """A command over SSH that trusts the host keys which the provider vouches for, and nothing else."""
    known = key.with_name(f"known-hosts-{machine.instance}")
    to = address or machine.address
    name = to if machine.port == 22 else f"[{to}]:{machine.port}"
    known.write_text("".join(f"{name} {line}\n" for line in machine.host_keys))
    options = {
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(known),
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": "5",
        "ConnectionAttempts": "30",
    }
    flags = [part for option, value in options.items() for part in ("-o", f"{option}={value}")]
    done = subprocess.run(
        ["ssh", "-F", "none", "-i", str(key), *flags, "-p", str(machine.port), f"root@{to}", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
