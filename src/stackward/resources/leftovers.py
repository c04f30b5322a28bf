"""Volumes and addresses that are kept for instances, and what becomes of those that nobody wants any more: pure."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.model import Stack
from stackward.known_resource import KnownResource, ResourceKind
from stackward.lifecycle.states import MEMBERS, Desired
from stackward.resources.change import Change, Changes, Kept, Verb
from stackward.state.records import InstanceRecord, StackState


def volume(instance: str, mount: str, *, keep: bool = True) -> KnownResource:
    """What is remembered of a volume."""
    given = {} if keep else {"keep": False}
    return KnownResource(ResourceKind.VOLUME, f"{instance} {mount}", {"instance": instance, "mount": mount, **given})


def address(instance: str) -> KnownResource:
    """What is remembered of an elastic address."""
    return KnownResource(ResourceKind.ADDRESS, instance, {"instance": instance})


def decide(
    stack: Stack,
    state: StackState,
    known: Sequence[KnownResource],
    reachable: frozenset[str],
    *,
    kinds: frozenset[ResourceKind] = frozenset({ResourceKind.ADDRESS, ResourceKind.VOLUME}),
    allow_destroy: bool = False,
) -> Changes:
    """Attach and detach addresses by the stack file, and give up what is left over only where that is allowed."""
    changes: list[Change] = []
    kept: list[Kept] = []
    moving: list[Change] = []
    for name in stack.instances:
        record = state.instances.get(name)
        if record is not None and name in reachable and name not in state.claims:
            changes.extend(_address(stack, name, record))
    for item in known:
        if item.kind not in (ResourceKind.VOLUME, ResourceKind.ADDRESS):
            continue
        owner = state.instances.get(item.data["instance"])
        if item.kind is ResourceKind.VOLUME:
            changes.extend(_kept_otherwise(stack, item))
            if item.kind in kinds and _going(stack, owner) and not _keeps(stack, item):
                moving.append(_with_its_machine(item))
                continue
        if _wanted(stack, item):
            continue
        shown, reason = _shown(item), _reason(stack, item)
        if item.kind not in kinds:
            kept.append(Kept(item.kind, item.name, shown, f"{reason}; its provider cannot delete it alone"))
        elif not allow_destroy:
            kept.append(Kept(item.kind, item.name, shown, reason))
        elif item.kind is ResourceKind.ADDRESS or owner is None or owner.machine is None:
            changes.append(Change(item.kind, Verb.DELETE, item.name, shown, reason, data=item.data, forgets=item.name))
        else:
            kept.append(Kept(item.kind, item.name, shown, f"{reason}, and its machine is still there: terminate it"))
    return Changes(changes=tuple(changes), moving=tuple(moving), kept=tuple(kept))


def deleted_with(stack: Stack, name: str, known: Sequence[KnownResource]) -> tuple[Change, ...]:
    """What is deleted when the instance is terminated: its volumes that the stack file says not to keep.

    For a volume that the file has no more, what it said last counts.
    """
    its = (item for item in known if item.kind is ResourceKind.VOLUME and item.data["instance"] == name)
    return tuple(_with_its_machine(item) for item in its if not _keeps(stack, item))


def _with_its_machine(item: KnownResource) -> Change:
    reason = "keep is false, and its instance is terminated"
    return Change(
        ResourceKind.VOLUME,
        Verb.DELETE,
        item.name,
        _shown(item),
        reason,
        data=item.data,
        before=("all data on it",),
        forgets=item.name,
        instance=item.data["instance"],
    )


def _kept_otherwise(stack: Stack, item: KnownResource) -> Sequence[Change]:
    """That the stack file says otherwise than before whether a volume is kept. Its provider has no part in it."""
    has, wants = _keep_of(item), _keeps(stack, item)
    if has == wants:
        return ()
    name, mount = item.data["instance"], item.data["mount"]
    said = {True: f"kept when {name} is terminated", False: f"deleted, with all data, when {name} is terminated"}
    return [
        Change(
            ResourceKind.VOLUME,
            Verb.UPDATE,
            item.name,
            _shown(item),
            f"keep is {str(wants).lower()} in the stack file",
            before=(said[has],),
            after=(said[wants],),
            known=volume(name, mount, keep=wants),
            instance=name,
        )
    ]


def _keep_of(item: KnownResource) -> bool:
    return bool(item.data.get("keep", True))


def _keeps(stack: Stack, item: KnownResource) -> bool:
    """Whether a volume stays when its instance is terminated: by the stack file, or as it said last."""
    instance = stack.instances.get(item.data["instance"])
    its = stack.volumes_of(instance) if instance is not None else ()
    return next((volume.keep for volume in its if volume.mount == item.data["mount"]), _keep_of(item))


def _going(stack: Stack, owner: InstanceRecord | None) -> bool:
    """Whether an instance is about to be terminated for good; one that healing replaces is not."""
    if owner is None or owner.machine is None:
        return False
    asked = owner.request
    leaves = asked is not None and asked.desired is Desired.TERMINATED and asked.remedy is None
    return owner.name not in stack.instances or leaves


def _address(stack: Stack, name: str, record: InstanceRecord) -> Sequence[Change]:
    if record.state not in MEMBERS or record.machine is None or record.machine.id is None:
        return ()
    wants, has = stack.instances[name].elastic_ip, record.machine.elastic_address
    if wants == bool(has):
        return ()
    known = address(name)
    data = {**known.data, "machine": record.machine.id}
    if wants:
        reason = f"{name} has elastic_ip in the stack file"
        return [
            Change(
                ResourceKind.ADDRESS,
                Verb.ATTACH,
                name,
                f"elastic address to {name}",
                reason,
                data,
                known=known,
                instance=name,
            )
        ]
    reason = f"{name} has no elastic_ip in the stack file any more"
    shown = f"elastic address {has} from {name}"
    return [Change(ResourceKind.ADDRESS, Verb.DETACH, name, shown, reason, data, known=known, instance=name)]


def _wanted(stack: Stack, item: KnownResource) -> bool:
    instance = stack.instances.get(item.data["instance"])
    if instance is None:
        return False
    if item.kind is ResourceKind.ADDRESS:
        return instance.elastic_ip
    return any(volume.mount == item.data["mount"] for volume in stack.volumes_of(instance))


def _shown(item: KnownResource) -> str:
    name = item.data["instance"]
    return (
        f"elastic address of {name}" if item.kind is ResourceKind.ADDRESS else f"volume {item.data['mount']} of {name}"
    )


def _reason(stack: Stack, item: KnownResource) -> str:
    name = item.data["instance"]
    if name not in stack.instances:
        return f"{name} has left the stack file"
    what = "elastic_ip" if item.kind is ResourceKind.ADDRESS else f"volume {item.data['mount']}"
    return f"the stack file has no {what} for {name} any more"
