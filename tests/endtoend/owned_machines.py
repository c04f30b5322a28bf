"""Machines that somebody owns, for tests: hosts that are there before Stackward hears of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackward.providers.base import Machine, MachineRequest
from stackward.providers.container.provider import ContainerProvider
from tests.endtoend.project import PATIENCE, engine
from tests.stack_ownership import owned_stack


@dataclass(frozen=True)
class OwnedMachine:
    """A host with an account `admin` that may become root, where `key` admits its owner as root."""

    machine: Machine
    container: str
    key: Path

    @property
    def address(self) -> str:
        assert self.machine.address is not None
        return self.machine.address

    def tell(self, *words: str) -> str:
        """Tell the container engine something about it."""
        return self._run(*words, self.container)

    def inside(self, *command: str) -> str:
        """Run a command on it that does not go through what is being tested."""
        return self._run("exec", self.container, *command)

    def traces(self) -> set[str]:
        """Accounts, groups, units and files of the system with their digests: all that somebody could have left."""
        places = "/etc /usr/local /var/lib/stackward /var/spool/cron /home /root/.ssh"
        look = (
            "cut -d: -f1,3,6,7 /etc/passwd; getent group; systemctl list-unit-files --no-legend | awk '{print $1, $2}';"
            f"find {places} -type d -printf '%p\\n' -o -type f -exec sha256sum {{}} + 2>/dev/null || true"
        )
        said = self.inside("sh", "-c", look)
        return set(said.splitlines())

    def running(self) -> bool:
        return self.tell("inspect", "--format", "{{.State.Running}}").strip() == "true"

    def power(self) -> dict[str, list[str]]:
        """Commands as a power distribution unit would have them."""
        program = engine()[0]
        state = f"{program} inspect --format '{{{{.State.Running}}}}' {self.container} | sed 's/true/on/; s/false/off/'"
        return {
            "start": [program, "start", self.container],
            "stop": [program, "stop", "--time", "10", self.container],
            "reboot": [program, "restart", "--time", "0", self.container],
            "status": ["sh", "-c", state],
        }

    @staticmethod
    def _run(*words: str) -> str:
        done = subprocess.run([*engine(), *words], capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout


@contextmanager
def owned_machines(folder: Path, name: str, *hosts: str) -> Iterator[list[OwnedMachine]]:
    """Hosts that are removed at the end. `name` keeps them apart from those of other tests."""
    key = folder / "owner"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    provider = ContainerProvider({}, name, str(folder / "rack"))
    made = []
    with owned_stack(name):
        try:
            for host in hosts:
                request = MachineRequest(name, host, f"{name}-{host}", key.with_suffix(".pub").read_text())
                found = OwnedMachine(provider.create(request), f"stackward-{name}-{host}", key)
                found.inside("useradd", "--create-home", "--shell", "/bin/bash", "admin")
                made.append(found)
            yield made
        finally:
            provider.remove_stack(name)
