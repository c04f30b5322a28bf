"""What is remembered of registered machines: a file each in the stack's data folder, written whole or not at all."""

from __future__ import annotations

import dataclasses
import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Registration:
    """A machine that is registered. `off` says that a power command has stopped it; `zone` is the stack file's."""

    instance: str
    token: str
    address: str
    port: int
    host_keys: tuple[str, ...]
    parameters: Mapping[str, Any]
    off: bool = False
    zone: str = ""

    @property
    def id(self) -> str:
        """The machine's id: where it is."""
        return where(self.address, self.port)


def where(address: str, port: int) -> str:
    """Return an address with its port, where that is not SSH's own."""
    if port == 22:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class Registrations:
    """The registered machines of one stack."""

    def __init__(self, folder: Path) -> None:
        """Remember where; the folder is made with the first registration."""
        self._folder = folder

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold the lock of one name: calls may come from several processes at once."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / f".{name.replace('/', '_')}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def all(self) -> tuple[Registration, ...]:
        """Every registration, by name of the instance."""
        found = (self._read(path) for path in sorted(self._folder.glob("*.json")))
        return tuple(item for item in found if item is not None)

    def of(self, machine_id: str) -> Registration | None:
        """The registration of a machine, None where there is none."""
        return next((item for item in self.all() if item.id == machine_id), None)

    def keep(self, registration: Registration) -> None:
        """Write a registration."""
        path = self._folder / f"{registration.instance}.json"
        candidate = path.with_suffix(".new")
        candidate.touch(mode=0o600)
        candidate.write_text(json.dumps(dataclasses.asdict(registration), indent=1), encoding="utf-8")
        candidate.replace(path)

    def forget(self, registration: Registration) -> None:
        """Remove a registration."""
        (self._folder / f"{registration.instance}.json").unlink(missing_ok=True)

    @staticmethod
    def _read(path: Path) -> Registration | None:
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Registration(**{**known, "host_keys": tuple(known["host_keys"])})
