"""How a host is made: its command line, and what a token stands for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.providers.container import addresses, labels, networks
from stackward.providers.container.containers import Container, Status
from stackward.providers.container.detection import Flags
from stackward.providers.container.image import Image


def container_name(stack: str, instance: str) -> str:
    """The name of an instance's container."""
    return f"stackward-{stack}-{instance}"


def parameters(request: MachineRequest) -> str:
    """A digest of everything in the request that makes a difference to the machine."""
    relevant = {
        "instance": request.instance,
        "options": dict(request.options),
        "public_key": request.public_key.strip(),
        "volumes": list(request.volumes),
    }
    return hashlib.sha256(json.dumps(relevant, sort_keys=True, default=str).encode()).hexdigest()[:32]


def present(request: MachineRequest, containers: tuple[Container, ...]) -> Container | None:
    """The container that is the request's machine already. One that was never started counts as none.

    Raises ProviderError when the token stands for another machine, or when another machine is the instance's.
    """
    for container in sorted(containers, key=_grown, reverse=True):
        if container.status is Status.GOING or (container.status is Status.UNSTARTED and not _grown(container)):
            continue
        if container.labels.get(labels.TOKEN) == request.token:
            if container.labels.get(labels.PARAMETERS) != parameters(request):
                raise ProviderError(
                    f"{container.name} was made for the token {request.token} with other parameters. "
                    "Terminate it, and ask with a new token."
                )
            return container
        if container.instance == request.instance:
            raise ProviderError(
                f"{request.instance} has a machine already: {container.name} ({container.status.value}), made for the "
                f"token {container.labels.get(labels.TOKEN)}. Terminate it before another is made."
            )
    return None


def unstarted(request: MachineRequest, containers: tuple[Container, ...]) -> tuple[Container, ...]:
    """What interrupted attempts at the request's instance left behind."""
    return tuple(
        container
        for container in containers
        if container.status is Status.UNSTARTED and container.instance == request.instance and not _grown(container)
    )


def _grown(container: Container) -> bool:
    """Whether it has another one's disk, so that it counts before that one, and before it was ever started."""
    return labels.GROWN in container.labels


def marks(request: MachineRequest, address: str, host_key: str) -> dict[str, str]:
    """The labels of the request's host: everything that is ever asked about it later."""
    zone = request.options.get("zone")
    return {
        **({labels.ZONE: str(zone)} if zone else {}),
        labels.STACK: request.stack,
        labels.INSTANCE: request.instance,
        labels.TOKEN: request.token,
        labels.PARAMETERS: parameters(request),
        labels.ADDRESS: address,
        labels.HOST_KEY: host_key,
    }


def command(
    request: MachineRequest, flags: Flags, image: Image, marks: Mapping[str, str], volumes: Mapping[str, str]
) -> tuple[str, ...]:
    """The engine's arguments that create the host; `volumes` are names by mount point."""
    name = container_name(request.stack, request.instance)
    address = marks[labels.ADDRESS]
    arguments = ["create", "--name", name, "--hostname", request.instance, *flags.create]
    arguments += ["--network", networks.name(request.stack), "--ip", address]
    arguments += ["--mac-address", addresses.hardware_address(address)]
    if flags.publish:
        arguments += ["--publish", "127.0.0.1::22"]
    for mount, volume in volumes.items():
        arguments += ["--volume", f"{volume}:{mount}"]
    arguments += labels.arguments(marks)
    if image.suite is not None and "--systemd=always" in flags.create:
        # The image writes its own /etc/hosts; Podman's would carry over the names that this machine knows.
        arguments += ["--no-hosts"]
    return (*arguments, image.reference)
