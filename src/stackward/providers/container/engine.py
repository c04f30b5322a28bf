"""Podman or Docker as a program that is run: with a time limit, and with its failures in sentences."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from stackward.errors import ProviderError
from stackward.providers.container.errors import EngineUnavailableError, explain, install_command


class EngineName(Enum):
    """The engines that Stackward can drive, the preferred one first."""

    PODMAN = "podman"
    DOCKER = "docker"


QUICK = 60.0
"""Seconds that an ordinary command may take; a loaded machine needs a few, a hung engine never ends."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine and the flags that go before its subcommand."""

    name: EngineName
    executable: str
    flags: tuple[str, ...] = ()

    def command(self, *arguments: str) -> tuple[str, ...]:
        """The command line for `arguments`."""
        return (self.executable, *self.flags, *arguments)

    def run(self, *arguments: str, to: str, stdin: bytes | None = None, timeout: float = QUICK) -> str:
        """What the engine prints for `arguments`; `to` completes "could not …", `timeout` is in seconds.

        Raises ProviderError, or the kind of it that `container.errors` recognises, when it fails or takes too long.
        """
        try:
            done = subprocess.run(
                self.command(*arguments),
                input=stdin if stdin is not None else b"",
                capture_output=True,
                timeout=timeout,
                check=False,
                cwd=tempfile.gettempdir(),  # the container monitor leaves files in the folder that it was started from
                env=environment(os.environ),
            )
        except subprocess.TimeoutExpired as error:
            raise ProviderError(
                f"{self.name.value} could not {to} within {timeout:.0f} seconds. "
                f"See whether '{self.name.value} ps' still answers, then ask again."
            ) from error
        except OSError as error:
            raise EngineUnavailableError(f"{self.executable} cannot be run: {error.strerror}.") from error
        if done.returncode:
            raise explain(self.name.value, to, (done.stderr or done.stdout).decode(errors="replace"))
        return done.stdout.decode(errors="replace")


def find(wanted: EngineName | None = None, *, path: str | None = None) -> Engine:
    """The wanted engine, or the first that is installed. `path` is where to look, by default the PATH.

    Raises EngineUnavailableError with the command that installs one.
    """
    for name in EngineName if wanted is None else (wanted,):
        if executable := shutil.which(name.value, path=path):
            return Engine(name, executable)
    packages = ("docker.io",) if wanted is EngineName.DOCKER else ("podman", "runc")
    missing = f"{wanted.value} is" if wanted else "neither podman nor docker is"
    raise EngineUnavailableError(
        f"Containers need an engine, and {missing} installed. "
        f"Install it: {install_command(packages, root=os.geteuid() == 0)}."
    )


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment for an engine: messages in English, and no service manager that it would report to."""
    kept = {name: value for name, value in inherited.items() if name != "NOTIFY_SOCKET"}
    return {**kept, "LC_ALL": "C.UTF-8"}
