"""Removes everything of a stack that the engine holds, found by its labels alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from stackward.providers.container import containers, disk_images, labels, networks, volumes
from stackward.providers.container.engine import QUICK, Engine, EngineName
from stackward.providers.container.errors import NotFoundError


def remove_containers(engine: Engine, ids: Sequence[str]) -> None:
    """Remove containers with their disks, whatever they are doing. One that is gone is no error."""
    if not ids:
        return
    at_once = ("-t", "0") if engine.name is EngineName.PODMAN else ()
    remove = ("rm", "--force", "--volumes", *at_once)
    try:
        engine.run(*remove, *ids, to="remove hosts", timeout=QUICK + len(ids))
    except NotFoundError:
        for container in ids:
            with suppress(NotFoundError):
                engine.run(*remove, container, to=f"remove the host {container[:12]}")


def remove_stack(engine: Engine, stack: str) -> None:
    """Remove the stack's hosts, volumes and network. Nothing of it is left; nothing being there is no error."""
    remove_containers(engine, [container.id for container in containers.listed(engine, *labels.selecting(stack))])
    volumes.remove(engine, stack)
    disk_images.remove(engine, stack)
    networks.remove(engine, stack)
