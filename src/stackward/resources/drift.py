"""What somebody else has done to addresses and volumes of instances that are online: pure.

Members of load balancers and rules of security groups are levels, so whatever is done to them shows there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackward.definition.model import Stack
from stackward.known_resource import ResourceKind
from stackward.lifecycle.states import State
from stackward.resources import leftovers, volumes
from stackward.resources.change import Change, Changes, Verb
from stackward.resources.sight import AddressSeen, Seen, VolumeSeen
from stackward.state.records import InstanceRecord, MachineRecord, StackState


def decide(stack: Stack, state: StackState, seen: Seen, reachable: frozenset[str]) -> Changes:
    """Give an address back that was only taken away. What nobody but a person can judge is told, and left as it is.

    An instance that a run holds is left to that run.
    """
    changes: list[Change] = []
    left_alone: list[str] = []
    problems: list[str] = []
    for name, instance in stack.instances.items():
        record = state.instances.get(name)
        if record is None or name not in reachable or name in state.claims or record.state is not State.ONLINE:
            continue
        if record.machine is None or record.machine.id is None:
            continue
        if seen.addresses is not None and instance.elastic_ip and record.machine.elastic_address:
            found = seen.addresses.get(name)
            if found is not None and found.machine not in ("", record.machine.id):
                left_alone.append(_elsewhere(name, found))
            elif found is None or found.machine != record.machine.id:
                changes.append(_given_back(name, record.machine, found))
        if seen.volumes is not None:
            its = seen.volumes.get(name, {})
            problems += _lost(record, record.machine, its)
            changes += _smaller(record, record.machine, its)
    return Changes(changes=tuple(changes), problems=tuple(problems), unenforced=tuple(left_alone))


def _given_back(name: str, machine: MachineRecord, found: AddressSeen | None) -> Change:
    reason = (
        f"somebody has released {machine.elastic_address}, so it gets another one"
        if found is None
        else f"somebody has taken {machine.elastic_address} from it"
    )
    known = leftovers.address(name)
    data = {**known.data, "machine": machine.id}
    shown = f"elastic address to {name}"
    return Change(ResourceKind.ADDRESS, Verb.ATTACH, name, shown, reason, data, known=known, instance=name, tells=True)


def _elsewhere(name: str, found: AddressSeen) -> str:
    return (
        f"the elastic address {found.address} of {name} was given to {found.machine} by somebody else, and is left "
        f"there; take it from there, and the next converge gives it back to {name}"
    )


def _smaller(record: InstanceRecord, machine: MachineRecord, has: Mapping[str, VolumeSeen]) -> Iterator[Change]:
    """Ask again for what the provider has not made as large as it was asked to: AWS refuses that for some hours."""
    for mount, asked in volumes.sizes(machine).items():
        found = has.get(mount)
        if found is not None and found.machines == {machine.id} and found.size is not None and found.size < asked:
            yield Change(
                ResourceKind.VOLUME,
                Verb.UPDATE,
                f"{record.name} {mount}",
                f"volume {mount} of {record.name}",
                "its provider has not made it larger yet; a Setup grows its file system then",
                {"instance": record.name, "mount": mount, "size": asked},
                before=(f"{found.size} GiB",),
                after=(f"{asked} GiB",),
                instance=record.name,
            )


def _lost(record: InstanceRecord, machine: MachineRecord, has: Mapping[str, VolumeSeen]) -> Iterator[str]:
    name = record.name
    for mount in (*machine.parameters.get("volumes", ()), *volumes.later(machine)):
        found = has.get(mount)
        if found is None:
            yield (
                f"The volume {mount} of {name} is gone, and what was on it. To have an empty one: "
                f"stackward stop --instance {name}, then start"
            )
        elif found.machines != {machine.id}:
            yield (
                f"The volume {mount} of {name} was detached from its machine {machine.id} by somebody else. To have it "
                f"attached and mounted again: stackward stop --instance {name}, then start"
            )
