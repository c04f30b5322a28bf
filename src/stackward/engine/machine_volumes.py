"""The volumes of an instance's machine: given when the stack file has got new ones, mounted by the host, given up."""

from __future__ import annotations

import dataclasses
from typing import cast

from stackward.definition.model import Stack
from stackward.engine import attempts
from stackward.engine.hold import HeldInstance
from stackward.engine.reach import Reach
from stackward.known_resource import KnownResource
from stackward.providers.base import (
    AddsVolumes,
    AttachesDisks,
    Capability,
    Disk,
    KeepsResources,
    Machine,
    Provider,
)
from stackward.resources import leftovers, volumes
from stackward.state.records import MachineRecord


def disks(held: HeldInstance, provider: Provider, reach: Reach) -> tuple[MachineRecord | None, tuple[Disk, ...]]:
    """The machine with the disks that its host has to mount itself, made and attached. Raises ProviderError."""
    machine = held.record.machine
    if Capability.DISKS not in provider.capabilities or machine is None or machine.id is None:
        return machine, ()
    machine, _ = give(held, provider, reach, machine)
    return machine, tuple(cast("AttachesDisks", provider).disks(held.stack.name, str(machine.id)))


def give(
    held: HeldInstance, provider: Provider, reach: Reach, machine: MachineRecord
) -> tuple[MachineRecord, Machine | None]:
    """Give the machine the volumes that the stack file has got for it since it was made, saved before they are.

    The machine is None where there are none.
    """
    if Capability.ADDED_VOLUMES not in provider.capabilities:
        return machine, None
    stack, name, epoch = held.stack, held.name, held.hold.epoch
    whole = attempts.with_added(stack, name, machine)
    if whole != machine:
        with held.transaction() as transaction:
            transaction.set_machine(name, epoch, whole)
            for item in outliving(stack, name, whole):
                transaction.remember_resource(item)
    request = attempts.with_volumes(stack, name, whole, reach.public_key())
    # Bare disks can be detached by somebody else; a host has what it was mounted with.
    if not request.volumes or (volumes.ADDED not in whole.parameters and Capability.DISKS not in provider.capabilities):
        return whole, None
    found = cast("AddsVolumes", provider).add_volumes(request)
    if found.id != whole.id:
        # It is the same machine still, so what is known of it counts: its host keys above all.
        whole = dataclasses.replace(whole, id=found.id)
        with held.transaction() as transaction:
            transaction.set_machine(name, epoch, whole)
    return whole, found


def outliving(stack: Stack, name: str, machine: MachineRecord) -> list[KnownResource]:
    """What is about to be made for the instance and outlives its machine."""
    instance = stack.instances.get(name)
    kept = {volume.mount: volume.keep for volume in stack.volumes_of(instance)} if instance is not None else {}
    mounts = (*machine.parameters.get("volumes", ()), *volumes.later(machine))
    its = [leftovers.volume(name, mount, keep=kept.get(mount, True)) for mount in mounts]
    return [*its, *([leftovers.address(name)] if instance is not None and instance.elastic_ip else [])]


def give_up(held: HeldInstance, provider: Provider) -> None:
    """Delete the volumes of an instance that the stack file says not to keep. Repeatable: one that is gone is none."""
    if Capability.RESOURCES not in provider.capabilities:
        return
    stack = held.stack
    for item in leftovers.deleted_with(stack, held.name, held.store.resources(stack.name)):
        cast("KeepsResources", provider).change(stack.name, item)
        with held.transaction() as transaction:
            transaction.forget_resource(item.kind, item.name)
            said = f"{item.verb.value} {item.shown}: {item.reason}"
            held.note(transaction, "resource", said)
