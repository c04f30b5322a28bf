"""Volumes that the stack file has got since a machine was made, and when that machine can have them: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from stackward.definition.model import Stack, Volume
from stackward.known_resource import KnownResource, ResourceKind
from stackward.lifecycle.states import MEMBERS, State
from stackward.resources.change import Change, Changes, Later, Verb
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


def sizes(machine: MachineRecord) -> dict[str, int]:
    """How large the machine's volumes were asked for, in gibibytes by mount point, where the stack file said it."""
    return {**machine.parameters.get("sizes", {}), **machine.parameters.get(ADDED, {}).get("sizes", {})}


def when(machine: MachineRecord) -> When:
    """When the machine takes further volumes."""
    return When(machine.parameters.get(TAKES, When.NEVER.value))


def growing(stack: Stack, name: str, machine: MachineRecord) -> tuple[Volume, ...]:
    """The volumes of the machine that the stack file wants larger than they were asked for. An array keeps its size."""
    return tuple(volume for volume, size in _resized(stack, name, machine) if size is None or size < (volume.size or 0))


def due(stack: Stack, record: InstanceRecord) -> str:
    """Why an online instance is set up for volumes now, "" if it is not."""
    if record.state is not State.ONLINE or record.machine is None or when(record.machine) is not When.NOW:
        return ""
    reasons = {
        "new in the stack file": missing(stack, record.name, record.machine),
        "larger in the stack file": growing(stack, record.name, record.machine),
    }
    return "; ".join(
        f"{', '.join(f'volume {volume.mount}' for volume in its)}: {why}" for why, its in reasons.items() if its
    )


def _resized(stack: Stack, name: str, machine: MachineRecord) -> Iterator[tuple[Volume, int | None]]:
    """The volumes of the machine that the stack file wants of another size, and the size that they were asked for.

    It is None where the file said none then. Only where the machine takes a change while it runs.
    """
    instance = stack.instances.get(name)
    if instance is None or when(machine) is not When.NOW:
        return
    added = machine.parameters.get(ADDED, {})
    has = {*machine.parameters.get("volumes", ()), *later(machine)}
    arrays = {**machine.parameters.get("arrays", {}), **added.get("arrays", {})}
    asked = sizes(machine)
    for volume in stack.volumes_of(instance):
        known = volume.mount in has and volume.mount not in arrays and volume.raid is None
        if known and not machine.owned and volume.size not in (None, asked.get(volume.mount)):
            yield volume, asked.get(volume.mount)


def decide(stack: Stack, state: StackState, known: Sequence[KnownResource]) -> Changes:
    """What is made and attached with the next move of each instance, and what has to wait for more than that."""
    there = {item.name for item in known if item.kind is ResourceKind.VOLUME}
    moving: list[Change] = []
    later: list[Later] = []
    problems: list[str] = []
    for name in stack.instances:
        record = state.instances.get(name)
        if record is None or record.machine is None or record.machine.id is None:
            continue
        takes = when(record.machine)
        for volume, before in _resized(stack, name, record.machine):
            if before is not None and before > (volume.size or 0):
                problems.append(_shrinking(name, volume, before))
            elif record.state in MEMBERS:
                moving.append(_larger(stack, name, volume, before))
        for volume in missing(stack, name, record.machine):
            key = f"{name} {volume.mount}"
            shown = f"volume {volume.mount}{size(volume)} of {name}"
            if takes is When.NEVER:
                reason = f"with its next machine: stackward terminate --instance {name}, then start"
                later.append(Later(ResourceKind.VOLUME, key, shown, reason))
            elif takes is When.STOPPED and record.state in MEMBERS:
                reason = f"at its next stop and start: stackward stop --instance {name}, then start"
                later.append(Later(ResourceKind.VOLUME, key, shown, reason))
            elif record.state in MEMBERS:
                verb = Verb.ATTACH if key in there else Verb.CREATE
                moving.append(
                    Change(ResourceKind.VOLUME, verb, key, shown, _reason(stack, name, volume), instance=name)
                )
    return Changes(moving=tuple(moving), later=tuple(later), problems=tuple(problems))


def _larger(stack: Stack, name: str, volume: Volume, before: int | None) -> Change:
    shown = f"volume {volume.mount} of {name}"
    said = ((f"{before} GiB",), (f"{volume.size} GiB",)) if before else ((), (f"{volume.size} GiB at least",))
    reason = _reason(stack, name, volume, "its file system is grown by a Setup")
    return Change(
        ResourceKind.VOLUME,
        Verb.UPDATE,
        f"{name} {volume.mount}",
        shown,
        reason,
        before=said[0],
        after=said[1],
        instance=name,
    )


def _shrinking(name: str, volume: Volume, before: int) -> str:
    return (
        f"The volume {volume.mount} of {name} has {before} GiB, and the stack file says {volume.size}: a volume cannot "
        f"shrink. Write {before} or more; for a smaller one give it another mount, and move what is on it"
    )


def size(volume: Volume) -> str:
    """How large a volume is and what it is made of, in brackets; "" where the stack file says neither."""
    said = [] if volume.size is None else [f"{volume.size} GiB"]
    said += [] if volume.raid is None else [f"RAID {volume.raid} of {volume.disks} disks"]
    return f" ({', '.join(said)})" if said else ""


def _reason(stack: Stack, name: str, volume: Volume, then: str = "mounted by a Setup") -> str:
    instance = stack.instances[name]
    if volume in instance.volumes:
        return f"instances.{name}.volumes of the stack file; {then}"
    of = next(layer.name for layer in stack.layers_of(instance) if volume in layer.volumes)
    return f"layers.{of}.volumes of the stack file; {then}"
