"""Attempts at a machine: what is intended of it, where, and what comes after one that has ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from stackward.definition.model import Stack, Volume
from stackward.errors import AttemptEndedError, ProviderError
from stackward.provider_choice import choice
from stackward.providers.base import Capability, Machine, MachineRequest, PlacesMachines, Provider
from stackward.resources import volumes
from stackward.state.records import MachineRecord

FORMER = "former_tokens"
"""Where the parameters of a machine have the tokens of the attempts that ended before this one."""


def tokens(machine: MachineRecord) -> frozenset[str]:
    """Every token that the machine was asked for with: an attempt that ended may have left one all the same."""
    return frozenset((machine.token, *machine.parameters.get(FORMER, ())))


def made(
    provider: Provider,
    stack: Stack,
    name: str,
    machine: MachineRecord,
    public_key: str,
    save: Callable[[MachineRecord, str], None],
) -> tuple[MachineRecord, Machine]:
    """Ask for the machine, with a new token for each further attempt; `save` commits it before the provider is asked.

    Raises ProviderError where no attempt is left.
    """
    refused: list[Mapping[str, Any]] = []
    renewed = False
    while True:
        try:
            return machine, provider.create(request(stack, name, machine, public_key))
        except AttemptEndedError as ended:
            if ended.elsewhere:
                refused.append(machine.parameters.get("placement", {}))
            elif renewed:
                raise
            renewed = renewed or not ended.elsewhere
            following = _again(stack, name, machine, provider, public_key, refused)
            if following is None:
                raise ProviderError(f"{ended} There is no other place left to try.") from None
            machine = following
            save(machine, f"attempt {machine.attempt}, as the one before ended: {ended}")


def _again(
    stack: Stack,
    name: str,
    machine: MachineRecord,
    provider: Provider,
    public_key: str,
    refused: Sequence[Mapping[str, Any]],
) -> MachineRecord | None:
    """A further attempt elsewhere, None where there is nowhere left."""
    parameters = {**machine.parameters, FORMER: [*machine.parameters.get(FORMER, ()), machine.token]}
    if Capability.PLACEMENT in provider.capabilities:
        place = cast("PlacesMachines", provider).place(request(stack, name, machine, public_key), refused)
        if place is None:
            return None
        parameters["placement"] = dict(place)
    elif refused:
        return None
    return MachineRecord(uuid.uuid4().hex, machine.attempt + 1, parameters)


def intended(stack: Stack, name: str, provider: Provider, public_key: str) -> MachineRecord:
    """A first attempt at the machine of an instance, as the stack file wants it now. Nothing is saved or made."""
    instance = stack.instances[name]
    its = choice(stack, name, None)
    # On a machine that somebody owns, a volume is whatever its owner has mounted there.
    owned = Capability.OWNED in provider.capabilities
    wanted = [] if owned else list(stack.volumes_of(instance))
    parameters: dict[str, Any] = {
        "provider": its.type,
        "options": dict(its.options),
        "volumes": [volume.mount for volume in wanted],
        **({"groups": groups} if (groups := _groups(stack, name)) else {}),
        **_made_as(wanted),
        **_takes(provider),
    }
    first = MachineRecord(token=uuid.uuid4().hex, attempt=1, parameters=parameters)
    if Capability.PLACEMENT in provider.capabilities:
        place = cast("PlacesMachines", provider).place(request(stack, name, first, public_key), ())
        parameters["placement"] = dict(place or {})
    return first


def with_added(stack: Stack, name: str, machine: MachineRecord) -> MachineRecord:
    """The record of a machine once it has the volumes too, and those as large, that the stack file wants by now."""
    new = volumes.missing(stack, name, machine)
    larger = volumes.growing(stack, name, machine)
    if not new and not larger:
        return machine
    before = machine.parameters.get(volumes.ADDED, {})
    asked = {**before, **{key: {**before.get(key, {}), **more} for key, more in _made_as((*new, *larger)).items()}}
    mounts = [*before.get("volumes", ()), *(volume.mount for volume in new)]
    return replace(machine, parameters={**machine.parameters, volumes.ADDED: {**asked, "volumes": mounts}})


def with_volumes(stack: Stack, name: str, machine: MachineRecord, public_key: str) -> MachineRequest:
    """What the machine is to have by now: what it was asked for with, and the volumes that came later."""
    first = request(stack, name, machine, public_key)
    added = machine.parameters.get(volumes.ADDED, {})
    return replace(
        first,
        volumes=(*first.volumes, *volumes.later(machine)),
        sizes={**first.sizes, **added.get("sizes", {})},
        disks={**first.disks, **_disks(added)},
    )


def arrays(machine: MachineRecord) -> dict[str, Mapping[str, int]]:
    """The mount points of the machine whose volume is an array: of which level, and of how many disks."""
    added = machine.parameters.get(volumes.ADDED, {})
    return {**machine.parameters.get("arrays", {}), **added.get("arrays", {})}


def request(stack: Stack, name: str, machine: MachineRecord, public_key: str) -> MachineRequest:
    """What the provider is asked for in an attempt."""
    return MachineRequest(
        stack=stack.name,
        instance=name,
        token=machine.token,
        public_key=public_key,
        options=machine.parameters["options"],
        volumes=tuple(machine.parameters["volumes"]),
        sizes=machine.parameters.get("sizes", {}),
        disks=_disks(machine.parameters),
        groups=tuple(machine.parameters.get("groups", ())),
        placement=machine.parameters.get("placement", {}),
        machine_id=machine.id,
    )


def _groups(stack: Stack, name: str) -> list[str]:
    """The layers of an instance that have a security group."""
    return [layer.name for layer in stack.layers_of(stack.instances[name]) if layer.ingress is not None]


def _takes(provider: Provider) -> dict[str, str]:
    """When a machine of the provider takes volumes that come later, where it does at all."""
    if Capability.ADDED_VOLUMES not in provider.capabilities:
        return {}
    when = volumes.When.NOW if Capability.DISKS in provider.capabilities else volumes.When.STOPPED
    return {volumes.TAKES: when.value}


def _made_as(wanted: Sequence[Volume]) -> dict[str, Any]:
    """What volumes are made as, by mount point: of which size, and which are an array, of which level and disks."""
    arrays = {item.mount: {"level": item.raid, "disks": item.disks} for item in wanted if item.raid is not None}
    sizes = {item.mount: item.size_of_each for item in wanted if item.size is not None}
    return {"sizes": sizes, **({"arrays": arrays} if arrays else {})}


def _disks(parameters: Mapping[str, Any]) -> dict[str, int]:
    return {mount: array["disks"] for mount, array in parameters.get("arrays", {}).items()}
