"""A stopped host gets further volumes: engines mount only what a container is created with, so it is created anew.

Its disk is kept as an image, from which the new container is made under the same name, token, address and host key.
What is in a folder that becomes a volume goes along: an engine fills a new volume with what the image has there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.providers.container import containers, creation, disk_images, labels, removal, volumes
from stackward.providers.container.containers import Container, Status
from stackward.providers.container.detection import Flags
from stackward.providers.container.engine import Engine
from stackward.providers.container.errors import NameTakenError
from stackward.providers.container.image import Image

_CREATE = 120.0


def grown(engine: Engine, flags: Flags, image: Image, request: MachineRequest, its: Sequence[Container]) -> Container:
    """The host of the token with all volumes of the request, not started where it was made anew.

    `its` are the containers of the token: one, or two where that was cut short. Raises ProviderError for a host that
    runs and has not got them.
    """
    has = {container.id: _mounts(engine, container) for container in its}
    whole = [container for container in its if has[container.id] >= set(request.volumes)]
    if whole:
        others = [container.id for container in its if container.id != whole[0].id]
        removal.remove_containers(engine, others)
        return whole[0]
    before = its[0]
    if before.status not in (Status.STOPPED, Status.UNSTARTED):
        raise ProviderError(f"{before.name} runs, and a running host takes no further volume. Stop and start it.")
    kept = disk_images.keep(engine, request.stack, request.instance, before.id)
    mounted = {mount: volumes.ensure(engine, request.stack, request.instance, mount) for mount in request.volumes}
    name = creation.container_name(request.stack, request.instance)
    with suppress(NameTakenError):
        # The name is free for the new one then. Cut short here, the host is found by its token under either name.
        engine.run("rename", before.id, f"{name}-before", to=f"rename {name}")
    marks = {**before.labels, labels.GROWN: "yes"}
    command = creation.command(request, flags, replace(image, reference=kept), marks, mounted)
    made = engine.run(*command, to=f"create {name}", timeout=_CREATE).split()[-1]
    removal.remove_containers(engine, [before.id])
    return next(item for item in containers.listed(engine, "--filter", f"id={made}") if item.id == made)


def _mounts(engine: Engine, container: Container) -> set[str]:
    shown = "{{range .Mounts}}{{.Destination}}\n{{end}}"
    return set(engine.run("inspect", "--format", shown, container.id, to=f"inspect {container.name}").splitlines())
