"""A provider whose machines exist only in memory, and which fails when a test wants it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.base import Capability, Machine, MachineRequest, MachineState


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the provider: its name, its place among all calls (from 0), and what it is about.

    `subject` is the instance's name in `create`, the stack's in `describe` and `remove_stack`, else the machine's id.
    """

    operation: str
    number: int
    subject: str


Hook = Callable[[Call], None]
"""Told of a call. What it raises goes to the caller."""


def nothing(call: Call) -> None:
    """A hook that lets every call pass."""


@dataclass(slots=True)
class SimulatedProvider:
    """Machines in memory. It outlives whoever calls it, so a test can kill the caller and let the next one go on.

    `before` is told of each call when nothing has been done; what it raises is a call that never arrived. `after` is
    told when all is done; what it raises is an answer that was lost. To kill the caller, raise a BaseException.
    `given` are volumes that machines got later, by id. `launched` lists every machine that was ever made, so that a
    test can prove that none was made twice.
    `disks` holds what tests write on machines, by machine id and path; `volumes` what they write on volumes, by stack,
    instance, mount point and path.
    """

    before: Hook = nothing
    after: Hook = nothing
    capabilities: frozenset[Capability] = frozenset(
        {Capability.ELASTIC_ADDRESS, Capability.VOLUMES, Capability.ADDED_VOLUMES}
    )
    calls: list[Call] = field(default_factory=list)
    launched: list[Machine] = field(default_factory=list)
    machines: dict[str, Machine] = field(default_factory=dict)
    requests: dict[str, MachineRequest] = field(default_factory=dict)
    given: dict[str, tuple[str, ...]] = field(default_factory=dict)
    disks: dict[tuple[str, str], str] = field(default_factory=dict)
    volumes: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    _addresses: dict[tuple[str, str], str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def describe(self, stack: str) -> Mapping[str, Machine]:
        """See Provider."""
        with self._call("describe", stack):
            return {machine.id: machine for machine in self.machines.values() if machine.stack == stack}

    def create(self, request: MachineRequest) -> Machine:
        """See Provider."""
        with self._call("create", request.instance):
            for machine in self.machines.values():
                if machine.token == request.token:
                    if _parameters(self.requests[machine.id]) != _parameters(request):
                        raise ProviderError(f"The token {request.token} was used with other parameters.")
                    return machine
                if (machine.stack, machine.instance) == (request.stack, request.instance):
                    raise ProviderError(
                        f"{request.instance} has a machine already, made for the token {machine.token}."
                    )
            machine = Machine(
                id=f"machine-{len(self.launched) + 1}",
                stack=request.stack,
                instance=request.instance,
                token=request.token,
                state=MachineState.RUNNING,
                address=self._address(request.stack, request.instance),
                host_keys=(f"ssh-ed25519 key-of-machine-{len(self.launched) + 1}",),
            )
            self.launched.append(machine)
            self.requests[machine.id] = request
            return self._keep(machine)

    def add_volumes(self, request: MachineRequest) -> Machine:
        """See AddsVolumes."""
        with self._call("add_volumes", request.instance):
            machine = self._find(str(request.machine_id))
            if machine.state is not MachineState.STOPPED and set(request.volumes) - self.mounts(machine.id):
                raise ProviderError(f"The machine {machine.id} runs; stop it before it gets a volume.")
            self.given[machine.id] = request.volumes
            return machine

    def start(self, machine_id: str) -> Machine:
        """See Provider."""
        with self._call("start", machine_id):
            return self._run(self._find(machine_id))

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:  # noqa: ARG002
        """See Provider."""
        with self._call("stop", machine_id):
            return self._keep(replace(self._find(machine_id), state=MachineState.STOPPED, address=None))

    def reboot(self, machine_id: str) -> Machine:
        """See Provider."""
        with self._call("reboot", machine_id):
            return self._run(self._running(machine_id))

    def terminate(self, machine_id: str) -> None:
        """See Provider."""
        with self._call("terminate", machine_id):
            self.machines.pop(machine_id, None)
            self.disks = {key: text for key, text in self.disks.items() if key[0] != machine_id}

    def attach_address(self, stack: str, machine_id: str) -> Machine:
        """See Provider."""
        with self._call("attach_address", machine_id):
            machine = self._running(machine_id)
            address = self._address(stack, f"{machine.instance} additional")
            return self._keep(replace(machine, elastic_address=address))

    def detach_address(self, stack: str, machine_id: str) -> Machine:  # noqa: ARG002
        """See Provider."""
        with self._call("detach_address", machine_id):
            return self._keep(replace(self._find(machine_id), elastic_address=None))

    def remove_stack(self, stack: str) -> None:
        """See Provider."""
        with self._call("remove_stack", stack):
            gone = {machine.id for machine in self.machines.values() if machine.stack == stack}
            self.machines = {id_: machine for id_, machine in self.machines.items() if id_ not in gone}
            self.disks = {key: text for key, text in self.disks.items() if key[0] not in gone}
            self.volumes = {key: text for key, text in self.volumes.items() if key[0] != stack}
            self._addresses = {key: address for key, address in self._addresses.items() if key[0] != stack}

    def mounts(self, machine_id: str) -> set[str]:
        """The mount points of a machine: those that it was made with, and those that came later."""
        return {*self.requests[machine_id].volumes, *self.given.get(machine_id, ())}

    def power_off(self, machine_id: str) -> None:
        """The guest goes down by itself, as after a power-off or a crash."""
        with self._lock:
            self._keep(replace(self._find(machine_id), state=MachineState.STOPPED, address=None))

    def vanish(self, machine_id: str) -> None:
        """The machine is gone without anybody having asked."""
        with self._lock:
            self.machines.pop(machine_id, None)

    @contextmanager
    def _call(self, operation: str, subject: str) -> Iterator[None]:
        with self._lock:
            call = Call(operation, len(self.calls), subject)
            self.calls.append(call)
            self.before(call)
            yield
            self.after(call)

    def _find(self, machine_id: str) -> Machine:
        try:
            return self.machines[machine_id]
        except KeyError:
            raise ProviderError(f"There is no machine {machine_id}.") from None

    def _running(self, machine_id: str) -> Machine:
        machine = self._find(machine_id)
        if machine.state is not MachineState.RUNNING:
            raise ProviderError(f"The machine {machine_id} does not run; start it first.")
        return machine

    def _run(self, machine: Machine) -> Machine:
        address = self._address(machine.stack, machine.instance)
        return self._keep(replace(machine, state=MachineState.RUNNING, address=address))

    def _keep(self, machine: Machine) -> Machine:
        self.machines[machine.id] = machine
        return machine

    def _address(self, stack: str, whose: str) -> str:
        number = len(self._addresses) + 1
        return self._addresses.setdefault((stack, whose), f"198.18.{number // 250}.{number % 250 + 1}")


def _parameters(request: MachineRequest) -> tuple[Any, ...]:
    return (request.instance, request.public_key, dict(request.options), request.volumes)
