"""The provider of machines that somebody owns. It makes and destroys nothing."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stackward.errors import ProviderError
from stackward.providers import host_keys
from stackward.providers.base import Capability, Machine, MachineRequest, MachineState
from stackward.providers.static import power
from stackward.providers.static.records import Registration, Registrations, where

OFF_SECONDS = 180.0
"""How long a machine may take to go off after it was told to."""

ON_SECONDS = 300.0
"""How long a machine may take until its status says that it is on."""

SETTLING_SECONDS = 10.0
"""How long a machine that answers no more may go on until it is off, where no status says so."""

DOWN_SECONDS = 60.0
"""How long a machine that is told to restart may go on answering; after that it is taken to have been quick."""


class StaticProvider:
    """Machines at their addresses. The options are those of one of them, and so are its power commands."""

    def __init__(
        self,
        options: Mapping[str, Any],
        data: str,
        *,
        shown: Callable[[str, str, int], tuple[str, ...]] = host_keys.shown,
        answers: Callable[[str, int], bool] = power.answers,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Read the options. `shown` asks a machine for its host keys, `answers` whether it takes connections."""
        self._registered = Registrations(Path(data) / "machines")
        self._own = where(options.get("address", ""), options.get("port", 22))
        self._power: Mapping[str, Sequence[str]] = options.get("power", {})
        self._shown = shown
        self._answers = answers
        self._pause = pause
        switched = {"start", "stop"} <= self._power.keys()
        self.capabilities: frozenset[Capability] = (
            frozenset({Capability.OWNED}) if switched else frozenset({Capability.OWNED, Capability.UNSWITCHED})
        )

    def describe(self, stack: str) -> Mapping[str, Machine]:
        """Every machine that is registered for the stack."""
        its = (item for item in self._registered.all() if item.parameters["stack"] == stack)
        return {item.id: self._machine(item) for item in its}

    def create(self, request: MachineRequest) -> Machine:
        """Register the machine at the address of the options, or find it registered for the token."""
        address, port = request.options["address"], request.options.get("port", 22)
        with self._registered.alone(where(address, port)):
            parameters = _parameters(request)
            for item in self._registered.all():
                if item.token == request.token:
                    return self._again(request, item, parameters)
                _refuse_second(request, item, where(address, port))
            if request.volumes:
                raise ProviderError(
                    f"{request.instance} is a machine that you own; Stackward makes no volumes for it. "
                    "Mount what it needs yourself."
                )
            pinned = tuple(request.options.get("host_keys", ()))
            over_ssh = request.options.get("connection", "ssh") == "ssh"
            now = self._shown(request.instance, address, port) if over_ssh else ()
            if pinned:
                host_keys.checked(request.instance, where(address, port), pinned, now)
            made = Registration(
                request.instance, request.token, address, port, pinned or now, parameters, zone=_zone(request)
            )
            self._registered.keep(made)
            return self._machine(made)

    def _again(self, request: MachineRequest, known: Registration, parameters: Mapping[str, Any]) -> Machine:
        if known.parameters != parameters:
            raise ProviderError(
                f"{request.instance} was registered with other parameters. Deregister it first, then register it again."
            )
        if known.zone != _zone(request):
            known = dataclasses.replace(known, zone=_zone(request))
            self._registered.keep(known)
        machine = self._machine(known)
        if machine.state is MachineState.RUNNING and known.host_keys:
            now = self._shown(request.instance, known.address, known.port)
            host_keys.checked(request.instance, known.id, known.host_keys, now)
        return machine

    def start(self, machine_id: str) -> Machine:
        """Switch the machine on, if it is off and there is a command for it."""
        with self._registered.alone(machine_id):
            known = self._known(machine_id)
            if self._is_on(known):
                return self._machine(known)
            self._switch("start", known)
            self._wait_until_on(known)
            return self._kept(known, off=False)

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:  # noqa: ARG002
        """Switch the machine off, and wait until it is off."""
        with self._registered.alone(machine_id):
            known = self._known(machine_id)
            if not self._is_on(known):
                return self._machine(known)
            self._switch("stop", known)
            self._wait_until_off(known)
            return self._kept(known, off=True)

    def reboot(self, machine_id: str) -> Machine:
        """Restart the machine by its power command."""
        with self._registered.alone(machine_id):
            known = self._known(machine_id)
            if not self._is_on(known):
                raise ProviderError(f"The machine {machine_id} of {known.instance} does not run. Start it first.")
            self._switch("reboot", known)
            # Until it has gone down, its SSH server would be taken for that of the restarted machine.
            deadline = time.monotonic() + DOWN_SECONDS
            while self._answers(known.address, known.port) and time.monotonic() < deadline:
                self._pause(0.2)
            self._wait_until_on(known)
            return self._machine(known)

    def terminate(self, machine_id: str) -> None:
        """Let the machine go as it is."""
        with self._registered.alone(machine_id):
            known = self._registered.of(machine_id)
            if known is not None:
                self._registered.forget(known)

    def attach_address(self, stack: str, machine_id: str) -> Machine:  # noqa: ARG002
        """Refuse: the addresses of the machine are its owner's."""
        raise ProviderError(f"The machine {machine_id} is one that you own, and gets no additional address.")

    def detach_address(self, stack: str, machine_id: str) -> Machine:  # noqa: ARG002
        """There is no additional address to take away."""
        return self._machine(self._known(machine_id))

    def remove_stack(self, stack: str) -> None:  # noqa: ARG002
        """Let every machine go as it is."""
        for item in self._registered.all():
            self._registered.forget(item)

    def _known(self, machine_id: str) -> Registration:
        known = self._registered.of(machine_id)
        if known is None:
            raise ProviderError(f"No machine is registered at {machine_id}. Register its instance first.")
        return known

    def _is_on(self, known: Registration) -> bool:
        said = power.is_on(self._power, known.instance, known.address) if self._tells(known) else None
        return not known.off if said is None else said

    def _tells(self, known: Registration) -> bool:
        """Whether there is a command that says if the machine is on."""
        return "status" in self._power and known.id == self._own

    def _switch(self, what: str, known: Registration) -> None:
        if what not in self._power:
            raise ProviderError(
                f"{known.instance} is a machine that you own, and there is no power command to {what} it. "
                f"Do it by hand, or add it to the stack file: power: {{{what}: …}}"
            )
        power.switch(self._power, what, known.instance, known.address)

    def _wait_until_off(self, known: Registration) -> None:
        tells = self._tells(known)
        deadline = time.monotonic() + OFF_SECONDS
        while self._is_on(known) if tells else self._answers(known.address, known.port):
            if time.monotonic() > deadline:
                raise ProviderError(f"{known.instance} was told to go off and is still on after {OFF_SECONDS:.0f} s.")
            self._pause(1.0)
        if not tells:
            # Its SSH server ends first. Switched on before it is off, it would stay off.
            self._pause(SETTLING_SECONDS)

    def _wait_until_on(self, known: Registration) -> None:
        deadline = time.monotonic() + ON_SECONDS
        while self._tells(known) and not self._is_on(known):
            if time.monotonic() > deadline:
                raise ProviderError(
                    f"{known.instance} was told to go on and is still off after {ON_SECONDS:.0f} s, by its power "
                    "command status. Look at the machine, or at what the command says."
                )
            self._pause(1.0)

    def _kept(self, known: Registration, *, off: bool) -> Machine:
        changed = dataclasses.replace(known, off=off)
        self._registered.keep(changed)
        return self._machine(changed)

    def _machine(self, known: Registration) -> Machine:
        on = self._is_on(known)
        return Machine(
            id=known.id,
            stack=str(known.parameters["stack"]),
            instance=known.instance,
            token=known.token,
            state=MachineState.RUNNING if on else MachineState.STOPPED,
            address=known.address if on else None,
            port=known.port,
            host_keys=known.host_keys,
            zone=known.zone,
        )


def _parameters(request: MachineRequest) -> dict[str, Any]:
    fixed = {key: value for key, value in request.options.items() if key not in ("power", "key", "zone")}
    volumes = list(request.volumes)
    return {"stack": request.stack, "key": request.public_key, "options": fixed, "volumes": volumes}


def _zone(request: MachineRequest) -> str:
    return str(request.options.get("zone", ""))


def _refuse_second(request: MachineRequest, known: Registration, machine_id: str) -> None:
    if known.instance == request.instance:
        raise ProviderError(
            f"{request.instance} has a machine already, registered at {known.id} for the token {known.token}. "
            "Deregister it first."
        )
    if known.id == machine_id:
        raise ProviderError(f"The machine at {machine_id} is registered as {known.instance}. Deregister that first.")
