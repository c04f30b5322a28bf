"""Removes everything of a stack that the engine holds, found by its labels alone."""

from __future__ import annotations

from contextlib import suppress

from stackward.providers.container import containers, labels, networks, volumes
from stackward.providers.container.engine import Engine, EngineName
from stackward.providers.container.errors import NotFoundError


def remove_container(engine: Engine, container: str) -> None:
    """Remove a container with its disk, whatever it is doing. One that is gone is no error."""
    at_once = ("--time", "0") if engine.name is EngineName.PODMAN else ()
    with suppress(NotFoundError):
        engine.run("rm", "--force", "--volumes", *at_once, container, to=f"remove the host {container[:12]}")


def remove_stack(engine: Engine, stack: str) -> None:
    """Remove the stack's hosts, volumes and network. Nothing of it is left; nothing being there is no error."""
    for container in containers.listed(engine, *labels.selecting(stack)):
        remove_container(engine, container.id)
    volumes.remove(engine, stack)
    networks.remove(engine, stack)
