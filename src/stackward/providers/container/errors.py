"""What an engine's failure means for a person, read from what it printed."""

from __future__ import annotations

import re

from stackward.errors import ProviderError


class NotFoundError(ProviderError):
    """The engine knows no such container, image, network or volume."""


class NameTakenError(ProviderError):
    """Another container has the name already."""


class AddressTakenError(ProviderError):
    """The engine holds the wanted address for another container, or believes that it does."""


class EngineUnavailableError(ProviderError):
    """No engine can be used: none is installed, its service does not run, or this user may not use it."""


_NOT_FOUND = re.compile(
    r"no such (container|object|image|volume|network)|no container with name or id|network not found|image not known"
    r"|unable to find network|volume with name \S+ found: no such volume",
    re.IGNORECASE,
)
_NAME_TAKEN = re.compile(r"name \S+ is already in use", re.IGNORECASE)
_ADDRESS_TAKEN = re.compile(
    r"requested ip address \S+ is not available|ip address \S+ is already allocated|address already in use"
    r"|requested ip \S+ is already",
    re.IGNORECASE,
)
_NOT_RUNNING = re.compile(
    r"cannot connect to the docker daemon|cannot connect to podman|unable to connect to podman", re.IGNORECASE
)
_NOT_ALLOWED = re.compile(r"permission denied while trying to connect|got permission denied", re.IGNORECASE)
_DISK_FULL = re.compile(r"no space left on device", re.IGNORECASE)
_HYBRID = re.compile(r"cgroups in hybrid mode not supported", re.IGNORECASE)


def explain(engine: str, action: str, output: str) -> ProviderError:
    """The error for a command of `engine` ("podman") that failed at `action` ("start web1") and printed `output`."""
    detail = last_line(output)
    if _NOT_RUNNING.search(output):
        return service_does_not_answer(engine, detail)
    if _NOT_ALLOWED.search(output):
        return EngineUnavailableError(
            f"This user may not use {engine} ({detail}). Run as root, or join the group {engine}: "
            f"sudo usermod -aG {engine} $USER, then log in again."
        )
    if _DISK_FULL.search(output):
        return ProviderError(
            f"{engine} could not {action}: the disk is full. Free some space; '{engine} system df' shows what uses it."
        )
    if _HYBRID.search(output):
        return ProviderError(
            f"{engine} could not {action}: crun does not work with this machine's cgroups. "
            f"Install runc: {install_command(('runc',), root=False)}."
        )
    message = f"{engine} could not {action}: {detail}."
    if _NOT_FOUND.search(output):
        return NotFoundError(message)
    if _NAME_TAKEN.search(output):
        return NameTakenError(message)
    if _ADDRESS_TAKEN.search(output):
        return AddressTakenError(message)
    return ProviderError(message)


def service_does_not_answer(engine: str, detail: str) -> EngineUnavailableError:
    """The error for an engine of which only the client is there, or whose service is stopped."""
    message = f"{engine} is installed but its service does not answer ({detail}). Start it: systemctl start {engine}."
    if engine != "podman":
        message += f" Or install Podman, which needs none: {install_command(('podman', 'runc'), root=False)}."
    return EngineUnavailableError(message)


def last_line(output: str) -> str:
    """The line that says what went wrong, without the engine's prefix and final full stop."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not lines:
        return "it gave no reason"
    line = next((line for line in reversed(lines) if line.lower().startswith("error")), lines[-1])
    return re.sub(r"^error(?: response from daemon)?:\s*", "", line, flags=re.IGNORECASE).rstrip(".")


def first_complaint(output: str) -> str:
    """The line that says what went wrong, of programs like apt that name the cause first and its consequences last."""
    complaint = next((line for line in output.splitlines() if line.startswith("E: ")), None)
    return last_line(output) if complaint is None else " ".join(complaint.removeprefix("E: ").split()).rstrip(".")


def install_command(packages: tuple[str, ...], *, root: bool) -> str:
    """The one command that installs Debian packages, with sudo unless it is root who will run it."""
    command = f"apt-get install -y {' '.join(packages)}"
    return command if root else f"sudo {command}"
