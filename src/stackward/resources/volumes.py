"""Volumes that the stack file has got since a machine was made, and when that machine can have them: pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from stackward.definition.model import Stack, Volume
from stackward.lifecycle.states import MEMBERS, State
from stackward.resources.change import Change, Changes, Kind, Known, Later, Verb
from stackward.state.records import InstanceRecord, MachineRecord, StackState

ADDED = "added"
"""Where the parameters of a machine have what was added to it. What it was made with stays as it was."""

TAKES = "takes_volumes"
"""Where the parameters of a machine say when it takes further volumes; it does not where they say nothing."""


class When(Enum):
    """When a machine that is there can be given a volume."""

    NOW = "now"
    STOPPED = "stopped"
    NEVER = "never"


def missing(stack: Stack, name: str, machine: MachineRecord) -> tuple[Volume, ...]:
    """The volumes that the stack file wants of the machine and that it has not been asked for with yet.

    What is mounted on a machine that somebody owns is its owner's business.
    """
    instance = stack.instances.get(name)
    if instance is None or machine.owned or "volumes" not in machine.parameters:
        return ()
    has = {*machine.parameters["volumes"], *later(machine)}
    return tuple(volume for volume in stack.volumes_of(instance) if volume.mount not in has)


def later(machine: MachineRecord) -> tuple[str, ...]:
    """The mount points of the machine's volumes that came after it was made."""
    return tuple(machine.parameters.get(ADDED, {}).get("volumes", ()))


def when(machine: MachineRecord) -> When:
    """When the machine takes further volumes."""
    return When(machine.parameters.get(TAKES, When.NEVER.value))


def due(stack: Stack, record: InstanceRecord) -> tuple[Volume, ...]:
    """The volumes that an online instance is given now, by a Setup."""
    if record.state is not State.ONLINE or record.machine is None or when(record.machine) is not When.NOW:
        return ()
    return missing(stack, record.name, record.machine)


def decide(stack: Stack, state: StackState, known: Sequence[Known]) -> Changes:
    """What is made and attached with the next move of each instance, and what has to wait for more than that."""
    there = {item.name for item in known if item.kind is Kind.VOLUME}
    moving: list[Change] = []
    later: list[Later] = []
    for name in stack.instances:
        record = state.instances.get(name)
        if record is None or record.machine is None or record.machine.id is None:
            continue
        takes = when(record.machine)
        for volume in missing(stack, name, record.machine):
            key = f"{name} {volume.mount}"
            shown = f"volume {volume.mount}{size(volume)} of {name}"
            if takes is When.NEVER:
                reason = f"with its next machine: stackward terminate --instance {name}, then start"
                later.append(Later(Kind.VOLUME, key, shown, reason))
            elif takes is When.STOPPED and record.state in MEMBERS:
                reason = f"at its next stop and start: stackward stop --instance {name}, then start"
                later.append(Later(Kind.VOLUME, key, shown, reason))
            elif record.state in MEMBERS:
                verb = Verb.ATTACH if key in there else Verb.CREATE
                moving.append(Change(Kind.VOLUME, verb, key, shown, _reason(stack, name, volume), instance=name))
    return Changes(moving=tuple(moving), later=tuple(later))


def size(volume: Volume) -> str:
    """How large a volume is and what it is made of, in brackets; "" where the stack file says neither."""
    said = [] if volume.size is None else [f"{volume.size} GiB"]
    said += [] if volume.raid is None else [f"RAID {volume.raid} of {volume.disks} disks"]
    return f" ({', '.join(said)})" if said else ""


def _reason(stack: Stack, name: str, volume: Volume) -> str:
    instance = stack.instances[name]
    if volume in instance.volumes:
        return f"instances.{name}.volumes of the stack file; mounted by a Setup"
    of = next(layer.name for layer in stack.layers_of(instance) if volume in layer.volumes)
    return f"layers.{of}.volumes of the stack file; mounted by a Setup"
