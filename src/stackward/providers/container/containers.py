"""The engine's containers as records, read from what Podman and Docker print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.base import Machine, MachineState
from stackward.providers.container import labels
from stackward.providers.container.engine import Engine, EngineName
from stackward.providers.container.errors import NotFoundError

_LISTINGS = 3


class Status(Enum):
    """What a container is doing, as far as it makes a difference here."""

    UNSTARTED = "unstarted"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    GOING = "going"


_STATUSES = {
    "created": Status.UNSTARTED,
    "configured": Status.UNSTARTED,
    "initialized": Status.UNSTARTED,
    "running": Status.RUNNING,
    "restarting": Status.RUNNING,
    "paused": Status.PAUSED,
    "stopping": Status.STOPPING,
    "stopped": Status.STOPPED,
    "exited": Status.STOPPED,
    "dead": Status.STOPPED,
    "removing": Status.GOING,
}
_MACHINE_STATES = {
    Status.UNSTARTED: MachineState.PENDING,
    Status.RUNNING: MachineState.RUNNING,
    Status.PAUSED: MachineState.RUNNING,
    Status.STOPPING: MachineState.STOPPING,
    Status.STOPPED: MachineState.STOPPED,
    Status.GOING: MachineState.TERMINATED,
}


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the engine. `published` is the port of this machine that leads to its SSH, if there is one."""

    id: str
    name: str
    status: Status
    labels: Mapping[str, str] = field(default_factory=dict)
    published: int | None = None

    @property
    def instance(self) -> str:
        """The instance that it is the machine of."""
        return self.labels.get(labels.INSTANCE, "")

    def machine(self, elastic_address: str | None) -> Machine:
        """It as a machine. A reboot from inside ends a container, so such a machine is stopped until it is started."""
        running = self.status in (Status.RUNNING, Status.PAUSED)
        address = "127.0.0.1" if self.published else self.labels.get(labels.ADDRESS)
        key = self.labels.get(labels.HOST_KEY)
        return Machine(
            id=self.id,
            stack=self.labels[labels.STACK],
            instance=self.instance,
            token=self.labels.get(labels.TOKEN, ""),
            state=_MACHINE_STATES[self.status],
            address=address if running else None,
            port=self.published or 22,
            host_keys=(key,) if key else (),
            elastic_address=elastic_address,
            zone=self.labels.get(labels.ZONE, ""),
            impaired="it is paused" if self.status is Status.PAUSED else "",
        )


def listed(engine: Engine, *filters: str) -> tuple[Container, ...]:
    """Containers in any state that `filters` select: one call of Podman, two of Docker."""
    for _ in range(_LISTINGS - 1):
        # One that is removed while the engine lists it can fail the whole listing.
        with suppress(NotFoundError):
            return _listed(engine, filters)
    return _listed(engine, filters)


def _listed(engine: Engine, filters: tuple[str, ...]) -> tuple[Container, ...]:
    every = ("ps", "--all", "--no-trunc", *filters)
    if engine.name is EngineName.PODMAN:
        return from_podman(engine.run(*every, "--format", "json", to="list the hosts"))
    ids = engine.run(*every, "--quiet", to="list the hosts").split()
    return from_docker(engine.run("inspect", *ids, to="inspect the hosts")) if ids else ()


def from_podman(printed: str) -> tuple[Container, ...]:
    """Containers from `podman ps --format json`."""
    return tuple(
        Container(
            item["Id"],
            item["Names"][0],
            _status(item["State"]),
            item.get("Labels") or {},
            _podman_port(item.get("Ports") or ()),
        )
        for item in _records(printed)
    )


def from_docker(printed: str) -> tuple[Container, ...]:
    """Containers from `docker inspect`."""
    return tuple(
        Container(
            item["Id"],
            item["Name"].removeprefix("/"),
            _status(item["State"]["Status"]),
            item["Config"].get("Labels") or {},
            _docker_port(item["NetworkSettings"].get("Ports") or {}),
        )
        for item in _records(printed)
    )


def _records(printed: str) -> list[dict[str, Any]]:
    try:
        records = json.loads(printed or "[]")
    except ValueError as error:
        raise ProviderError(f"The container engine did not answer with JSON: {printed[:200]!r}.") from error
    return records or []


def _status(word: str) -> Status:
    return _STATUSES.get(word.lower(), Status.STOPPED)


def _podman_port(ports: Iterable[Mapping[str, Any]]) -> int | None:
    return next((int(port["host_port"]) for port in ports if port.get("container_port") == 22), None)


def _docker_port(ports: Mapping[str, Any]) -> int | None:
    bound = ports.get("22/tcp")
    return int(bound[0]["HostPort"]) if bound else None
