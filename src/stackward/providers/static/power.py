"""Runs the commands that switch a machine on and off: on the controller, without a shell."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping, Sequence

from stackward.errors import ProviderError

SECONDS = 120
"""How long one command may take."""


def switch(commands: Mapping[str, Sequence[str]], what: str, instance: str, address: str) -> str:
    """Run the command for start, stop, reboot or status, and return what it said. Raises ProviderError."""
    words = [word.replace("{address}", address).replace("{instance}", instance) for word in commands[what]]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except OSError as error:
        raise ProviderError(
            f"The power command {what} of {instance} cannot be run: {words[0]}: {error.strerror}."
        ) from None
    except subprocess.TimeoutExpired:
        raise ProviderError(
            f"The power command {what} of {instance} did not end within {SECONDS} s. "
            "Run it by hand on this controller to see what it waits for."
        ) from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        said = f": {lines[-1]}" if lines else ""
        raise ProviderError(
            f"The power command {what} of {instance} failed with exit code {done.returncode}{said}. "
            "Correct it in the stack file, or the machine's own power control."
        )
    return done.stdout


def is_on(commands: Mapping[str, Sequence[str]], instance: str, address: str) -> bool | None:
    """Whether a machine is on by its status command's last word; None where there is no such command."""
    if "status" not in commands:
        return None
    said = switch(commands, "status", instance, address).split()
    word = said[-1].strip(".").lower() if said else ""
    if word not in ("on", "off"):
        raise ProviderError(
            f"The power command status of {instance} ended with {word!r}. Its last word has to be on or off."
        )
    return word == "on"


def answers(address: str, port: int) -> bool:
    """Whether anything takes a connection there within a second."""
    try:
        with socket.create_connection((address, port), timeout=1.0):
            return True
    except OSError:
        return False
