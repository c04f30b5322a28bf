"""An example of a provider of one's own: each "machine" is a folder on this computer.

There is nothing to log in to, so it is of no use for real stacks. It is here to be copied: it keeps every promise of
`stackward.providers.base.Provider`, and `tests/contract/providers/` proves it. Choose it in a stack file with

    provider: {type: example, folder: /var/tmp/machines}

What to watch when you write your own:

- **A token makes a machine once.** Write the token down where the machine is (a label, a tag, here a JSON file) in the
  same step that makes the machine. A run that was killed asks again with the same token and must get the same machine.
- **Find machines by what is written on them**, never by what this process remembers: the next call comes from another
  process, maybe on another day.
- **Everything may be asked twice.** Stopping what is stopped and terminating what is gone is no error.
- **Say what is wrong in a sentence** with ProviderError: what, where, and what to do.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.base import Capability, Machine, MachineRequest, MachineState, Provider

SUBNET = "198.51.100"
"""Addresses that are set aside for documentation: nothing answers there."""


def provider(options: Mapping[str, Any], stack: str, data: str) -> Provider:
    """Make the provider from its options in the stack file, the stack's name and the stack's data folder.

    Raises ProviderError for an option that it does not know.
    """
    if unknown := set(options) - {"folder"}:
        raise ProviderError(f"The example provider has no option {sorted(unknown)[0]!r}. It knows folder.")
    return ExampleProvider(Path(options.get("folder") or Path(data) / "example") / stack)


class ExampleProvider:
    """Machines as folders below `root`: `machines/<id>/machine.json` and `disk/`, and `volumes/` beside them."""

    def __init__(self, root: Path) -> None:
        """Remember where; nothing is made before it is needed."""
        self.root = root
        self.capabilities: frozenset[Capability] = frozenset({Capability.ELASTIC_ADDRESS, Capability.VOLUMES})

    def describe(self, stack: str) -> Mapping[str, Machine]:
        """Every machine of the stack, by its id."""
        files = self.root.glob("machines/*/machine.json")
        machines = (_machine(json.loads(file.read_text(encoding="utf-8"))) for file in files)
        return {machine.id: machine for machine in machines if machine.stack == stack}

    def create(self, request: MachineRequest) -> Machine:
        """Make a machine, unless the token has made it already."""
        with self._alone():
            # The id follows from the token, so asking again finds the same folder.
            machine_id = hashlib.sha256(request.token.encode()).hexdigest()[:12]
            parameters = _parameters(request)
            for other in self.describe(request.stack).values():
                if other.id == machine_id and self._read(machine_id)["parameters"] != parameters:
                    raise ProviderError(f"The token {request.token} was used with other parameters. Use a new one.")
                if other.id == machine_id:
                    return other
                if other.instance == request.instance:
                    raise ProviderError(
                        f"{request.instance} has a machine already, made for the token {other.token}. "
                        "Terminate it first."
                    )
            for mount in request.volumes:
                self.volume(request.instance, mount).mkdir(parents=True, exist_ok=True)
            return self._write(
                machine_id,
                stack=request.stack,
                instance=request.instance,
                token=request.token,
                parameters=parameters,
                running=True,
                address=self._address(request.instance),
                elastic_address=None,
            )

    def start(self, machine_id: str) -> Machine:
        """Start the machine; the address is the one that it had."""
        with self._alone():
            return self._write(machine_id, **{**self._read(machine_id), "running": True})

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:  # noqa: ARG002
        """Stop the machine and keep its disk."""
        with self._alone():
            return self._write(machine_id, **{**self._read(machine_id), "running": False})

    def reboot(self, machine_id: str) -> Machine:
        """Restart the machine. A folder has nothing to restart, so only what must be true is checked."""
        with self._alone():
            self._running(machine_id)
            return _machine(self._read(machine_id))

    def terminate(self, machine_id: str) -> None:
        """Remove the machine with its disk; its volumes stay."""
        with self._alone():
            shutil.rmtree(self.root / "machines" / machine_id, ignore_errors=True)

    def attach_address(self, stack: str, machine_id: str) -> Machine:  # noqa: ARG002
        """Give the machine the additional address of its instance."""
        with self._alone():
            self._running(machine_id)
            known = self._read(machine_id)
            additional = self._address(f"{known['instance']} additional")
            return self._write(machine_id, **{**known, "elastic_address": additional})

    def detach_address(self, stack: str, machine_id: str) -> Machine:  # noqa: ARG002
        """Take the additional address away; it stays reserved for the instance."""
        with self._alone():
            return self._write(machine_id, **{**self._read(machine_id), "elastic_address": None})

    def remove_stack(self, stack: str) -> None:  # noqa: ARG002
        """Remove everything that was made."""
        shutil.rmtree(self.root, ignore_errors=True)

    def disk(self, machine_id: str) -> Path:
        """The folder that is the machine's disk."""
        return self.root / "machines" / machine_id / "disk"

    def volume(self, instance: str, mount: str) -> Path:
        """The folder that is the instance's volume at a mount point."""
        return self.root / "volumes" / instance / mount.strip("/").replace("/", "+")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold a lock on the stack's folder: calls may come from several processes at once."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _address(self, whose: str) -> str:
        """The address of an instance, the same one each time it is asked for."""
        file = self.root / "addresses.json"
        addresses: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        address = addresses.setdefault(whose, f"{SUBNET}.{len(addresses) + 1}")
        _replace(file, addresses)
        return address

    def _running(self, machine_id: str) -> None:
        if not self._read(machine_id)["running"]:
            raise ProviderError(f"The machine {machine_id} does not run. Start it first.")

    def _read(self, machine_id: str) -> dict[str, Any]:
        try:
            text = (self.root / "machines" / machine_id / "machine.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ProviderError(f"There is no machine {machine_id} in {self.root}.") from None
        return dict(json.loads(text))

    def _write(self, machine_id: str, **known: Any) -> Machine:
        self.disk(machine_id).mkdir(parents=True, exist_ok=True)
        known["id"] = machine_id
        _replace(self.root / "machines" / machine_id / "machine.json", known)
        return _machine(known)


def _machine(known: Mapping[str, Any]) -> Machine:
    running = known["running"]
    return Machine(
        id=known["id"],
        stack=known["stack"],
        instance=known["instance"],
        token=known["token"],
        state=MachineState.RUNNING if running else MachineState.STOPPED,
        address=known["address"] if running else None,
        host_keys=(_host_key(known["token"]),),
        elastic_address=known["elastic_address"],
    )


def _host_key(token: str) -> str:
    """A made-up key. A real provider gives the key that it has put on the machine, or that its console shows."""
    return f"ssh-ed25519 {base64.b64encode(hashlib.sha256(token.encode()).digest()).decode()}"


def _parameters(request: MachineRequest) -> dict[str, Any]:
    return {"key": request.public_key, "options": dict(request.options), "volumes": list(request.volumes)}


def _replace(file: Path, content: Mapping[str, Any]) -> None:
    """Write a file whole or not at all: a killed run must not leave half a file."""
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
    beside.replace(file)
