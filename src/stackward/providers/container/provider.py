"""The provider of hosts in containers."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from stackward.errors import ProviderError
from stackward.known_resource import ResourceKind
from stackward.providers.base import Capability, Machine, MachineRequest, MachineState
from stackward.providers.container import (
    addresses,
    containers,
    creation,
    disk_images,
    elastic,
    growing,
    identity,
    image,
    labels,
    networks,
    options,
    removal,
    volumes,
)
from stackward.providers.container.containers import Container, Status
from stackward.providers.container.detection import Flags
from stackward.providers.container.engine import Engine, find
from stackward.providers.container.errors import AddressTakenError, NameTakenError, NotFoundError
from stackward.providers.container.locks import exclusive
from stackward.providers.container.readiness import ready_engine
from stackward.resources.change import Change

STOP_SECONDS = 30
"""How long a host may take to shut down before it is cut off."""

_MARGIN = 60.0
_CREATE = 120.0

_log = logging.getLogger(__name__)


class ContainerProvider:
    """Hosts in containers of Podman or Docker: systemd, SSH, a stable address, a disk that survives stop and start.

    They share this machine's kernel and hold the privilege to mount: a weak boundary, for trusted code only.

    Where hosts have no address that this machine can reach (a rootless engine, or one in a virtual machine), SSH is
    published on a port of 127.0.0.1 instead. Hosts can then reach each other, but not by Machine.address, which is all
    that the layers know of them. This, and Docker, are covered by tests of the command lines only.

    `data` is the stack's data folder; `addresses.json` and locks are kept in `containers` there.
    """

    resource_kinds = frozenset({ResourceKind.ADDRESS, ResourceKind.VOLUME})

    def __init__(
        self, choice: Mapping[str, Any], stack: str, data: str, say: Callable[[str], None] = _log.info
    ) -> None:
        """Check the options and find an engine; nothing is changed. Raises ProviderError."""
        self._options = options.parse(choice)
        self._stack = stack
        self._folder = Path(data) / "containers"
        self._say = say
        self._plain = find(self._options.engine)
        self.capabilities: frozenset[Capability] = frozenset(
            {Capability.ELASTIC_ADDRESS, Capability.VOLUMES, Capability.ADDED_VOLUMES, Capability.RESOURCES}
        )

    def describe(self, stack: str) -> Mapping[str, Machine]:
        """See Provider. One question to Podman for all machines."""
        book = addresses.read(self._book)
        found = containers.listed(self._plain, *labels.selecting(stack))
        machines = (item.machine(book.elastic_of(item.instance)) for item in found)
        return {machine.id: machine for machine in machines if machine.state is not MachineState.TERMINATED}

    def create(self, request: MachineRequest) -> Machine:
        """See Provider. A machine that was stopped since is returned stopped.

        Builds the host image where it is missing, which takes about a minute; progress goes to `say`.
        """
        choice = options.parse(request.options) if request.options else self._options
        with self._lock(f"{request.instance}.lock"):
            existing = containers.listed(self._plain, *labels.selecting(request.stack))
            if found := creation.present(request, existing):
                return self._described(found)
            left = creation.unstarted(request, existing)
            removal.remove_containers(self._plain, [container.id for container in left])
            engine, flags = self._ready
            image.ensure(engine, choice.image, self._say)
            address = self._reserve(engine, request.instance, existing)
            return self._make(engine, flags, choice.image, request, address)

    def add_volumes(self, request: MachineRequest) -> Machine:
        """See AddsVolumes. A host that is stopped is made anew from its own disk, with its addresses and its keys."""
        choice = options.parse(request.options) if request.options else self._options
        with self._lock(f"{request.instance}.lock"):
            its = [
                container
                for container in containers.listed(self._plain, *labels.selecting(request.stack))
                if container.labels.get(labels.TOKEN) == request.token
            ]
            if not its:
                raise NotFoundError(f"There is no machine of {request.instance} any more.")
            engine, flags = self._ready
            return self._described(growing.grown(engine, flags, choice.image, request, its))

    def start(self, machine_id: str) -> Machine:
        """See Provider. The same addresses as before are there again."""
        container = self._find(machine_id)
        if container.status in (Status.STOPPED, Status.UNSTARTED):
            self._start(container)
        return self._described(self._find(machine_id))

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:
        """See Provider. A host that does not shut down within STOP_SECONDS, or hangs, is cut off."""
        container = self._find(machine_id)
        if container.status is Status.PAUSED:
            self._plain.run("unpause", container.id, to=f"resume {container.name}")
        if container.status in (Status.RUNNING, Status.PAUSED, Status.STOPPING):
            seconds = 0 if force or container.status is Status.PAUSED else STOP_SECONDS
            self._plain.run(
                *("stop", "-t", str(seconds), container.id),
                to=f"stop {container.name}",
                timeout=seconds + _MARGIN,
            )
        return self._described(self._find(machine_id))

    def reboot(self, machine_id: str) -> Machine:
        """See Provider."""
        container = self._find(machine_id)
        if container.status not in (Status.RUNNING, Status.PAUSED):
            raise ProviderError(f"{container.name} does not run, so it cannot reboot. Start it.")
        self.stop(machine_id)
        return self.start(machine_id)

    def terminate(self, machine_id: str) -> None:
        """See Provider."""
        with suppress(NotFoundError):
            container = self._find(machine_id)
            removal.remove_containers(self._plain, [container.id])
            disk_images.remove(self._plain, container.labels[labels.STACK], container.instance)
            self._detach(container.instance)

    def attach_address(self, stack: str, machine_id: str) -> Machine:
        """See Provider. The address is of the stack's own network; a start gives it back."""
        container = self._find(machine_id)
        if container.status is not Status.RUNNING:
            raise ProviderError(f"{container.name} does not run; start it before it gets an additional address.")
        with self._lock("lock"):
            subnet = networks.subnet_of(self._plain, stack)
            if subnet is None:
                raise ProviderError(f"The network {networks.name(stack)} is gone. Terminate the stack's machines.")
            known = containers.listed(self._plain, *labels.selecting(stack))
            book = addresses.read(self._book).with_elastic(container.instance, subnet, _in_use(known))
            addresses.write(self._book, book)
        elastic.add(self._plain, container.id, book.elastic[container.instance])
        return self._described(container)

    def detach_address(self, stack: str, machine_id: str) -> Machine:  # noqa: ARG002
        """See Provider."""
        container = self._find(machine_id)
        address = addresses.read(self._book).elastic_of(container.instance)
        if address and container.status is Status.RUNNING:
            elastic.remove(self._plain, container.id, address)
        self._detach(container.instance)
        return self._described(container)

    def change(self, stack: str, change: Change) -> None:
        """See KeepsResources. Only volumes and additional addresses that nobody wants any more are given up."""
        instance = str(change.data["instance"])
        if change.kind is ResourceKind.VOLUME:
            volumes.remove_one(self._plain, stack, instance, change.data["mount"])
            return
        with self._lock("lock"):
            addresses.write(self._book, addresses.read(self._book).given_up(instance))

    def remove_stack(self, stack: str) -> None:
        """See Provider. The host image stays, as other stacks use it."""
        with self._lock("lock"):
            removal.remove_stack(self._plain, stack)
            shutil.rmtree(self._folder, ignore_errors=True)

    @cached_property
    def _ready(self) -> tuple[Engine, Flags]:
        return ready_engine(self._options.engine, self._say)

    @property
    def _book(self) -> Path:
        return self._folder / "addresses.json"

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        with exclusive(self._folder / name):
            yield

    def _find(self, machine_id: str) -> Container:
        """The container of a machine. Raises NotFoundError, also for containers that are nobody's machine."""
        by_id = ("--filter", f"id={machine_id}", "--filter", f"label={labels.STACK}")
        for container in containers.listed(self._plain, *by_id):
            if container.id == machine_id and container.status is not Status.GOING:
                return container
        raise NotFoundError(f"There is no machine {machine_id[:12]} any more; it was terminated or removed by hand.")

    def _described(self, container: Container) -> Machine:
        return container.machine(addresses.read(self._book).elastic_of(container.instance))

    def _reserve(self, engine: Engine, instance: str, existing: tuple[Container, ...]) -> str:
        """The address of the instance's host, on the stack's network."""
        with self._lock("lock"):
            subnet = networks.ensure(engine, self._stack, self._options.subnet)
            others = (item for item in existing if item.instance != instance)
            # A new machine begins without its additional address, whatever became of the one before.
            book = addresses.read(self._book).with_host(instance, subnet, _in_use(others)).without_elastic(instance)
            addresses.write(self._book, book)
        return book.hosts[instance]

    def _make(
        self, engine: Engine, flags: Flags, chosen: image.Image, request: MachineRequest, address: str
    ) -> Machine:
        mounted = {mount: volumes.ensure(engine, request.stack, request.instance, mount) for mount in request.volumes}
        key = identity.new_host_key()
        marks = creation.marks(request, address, key.public)
        command = creation.command(request, flags, chosen, marks, mounted)
        name = creation.container_name(request.stack, request.instance)
        try:
            created = engine.run(*command, to=f"create {name}", timeout=_CREATE).split()[-1]
        except NameTakenError as error:
            raise ProviderError(
                f"The name {name} is taken by a container that is not a machine of the stack {request.stack}. "
                f"See '{engine.name.value} inspect {name}', and remove it if nobody needs it."
            ) from error
        try:
            files = identity.files(key, request.public_key)
            engine.run("cp", "-", f"{created}:/", stdin=files, to=f"give {name} its keys")
            started = self._start(Container(created, name, Status.UNSTARTED, marks))
        except ProviderError:
            removal.remove_containers(engine, [created])
            raise
        return self._described(self._find(created) if flags.publish else started)

    def _start(self, container: Container) -> Container:
        name = container.name
        try:
            self._plain.run("start", container.id, to=f"start {name}", timeout=_CREATE)
        except AddressTakenError:
            if not self._free_lease(container):
                raise
            self._plain.run("start", container.id, to=f"start {name}", timeout=_CREATE)
        if additional := addresses.read(self._book).elastic_of(container.instance):
            elastic.add(self._plain, container.id, additional)
        return replace(container, status=Status.RUNNING)

    def _free_lease(self, container: Container) -> bool:
        """Drop the engine's record of the container's address if nobody has it; whether there was such a record."""
        stack, address = container.labels[labels.STACK], container.labels[labels.ADDRESS]
        others = containers.listed(self._plain, *labels.selecting(stack))
        running = (other for other in others if other.status is not Status.STOPPED and other.id != container.id)
        return address not in _in_use(running) and networks.free_lease(stack, address)

    def _detach(self, instance: str) -> None:
        with self._lock("lock"):
            book = addresses.read(self._book)
            if instance in book.attached:
                addresses.write(self._book, book.without_elastic(instance))


def _in_use(known: Iterator[Container] | tuple[Container, ...]) -> list[str]:
    return [address for container in known if (address := container.labels.get(labels.ADDRESS))]
