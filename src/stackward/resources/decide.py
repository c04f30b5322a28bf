"""What has to change about all resources of a stack: a pure function of stack file, state, memory and sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackward.definition.model import Stack
from stackward.known_resource import KnownResource, ResourceKind
from stackward.resources import databases, drift, groups, leftovers, membership, volumes
from stackward.resources.change import Changes
from stackward.resources.sight import Query, Seen
from stackward.state.records import StackState

ALL_KINDS = frozenset(ResourceKind)

CHANGED_ONLY = frozenset({ResourceKind.ADDRESS, ResourceKind.VOLUME})
"""A provider with no other kinds than these cannot be asked how they are."""


def asked(stack: Stack) -> bool:
    """Whether the stack file asks for anything that is no machine."""
    return bool(membership.wanted(stack) or groups.wanted(stack) or databases.wanted(stack)) or any(
        instance.elastic_ip or stack.volumes_of(instance) for instance in stack.instances.values()
    )


def query(stack: Stack, known: Sequence[KnownResource], kinds: frozenset[ResourceKind] = ALL_KINDS) -> Query:
    """What must be looked at to decide, of the kinds that the provider has."""
    balancers = {item.key: item for item in (*membership.wanted(stack), *membership.remembered(known))}
    grouped = bool(groups.wanted(stack)) or any(item.kind is ResourceKind.SECURITY_GROUP for item in known)
    there = {item.kind for item in known} & kinds if kinds - CHANGED_ONLY else set()
    return Query(
        tuple(balancers.values()) if ResourceKind.MEMBER in kinds else (),
        grouped and ResourceKind.SECURITY_GROUP in kinds,
        databases.looked_for(stack, known) if ResourceKind.DATABASE in kinds else (),
        addresses=ResourceKind.ADDRESS in there,
        volumes=ResourceKind.VOLUME in there,
    )


def decide(
    stack: Stack,
    state: StackState,
    known: Sequence[KnownResource],
    seen: Seen,
    reachable: frozenset[str],
    *,
    kinds: frozenset[ResourceKind] = ALL_KINDS,
    allow_destroy: bool = False,
) -> Changes:
    """Compare what is wanted with what is. `kinds` are those that the provider has, `reachable` its instances."""
    parts = []
    if ResourceKind.SECURITY_GROUP in kinds:
        parts.append(groups.decide(stack, state, known, seen.groups, reachable))
    if ResourceKind.DATABASE in kinds:
        parts.append(databases.decide(stack, known, seen.databases, allow_destroy=allow_destroy))
    if ResourceKind.MEMBER in kinds:
        parts.append(membership.decide(stack, state, known, seen.members, reachable))
    parts.append(volumes.decide(stack, state, known))
    parts.append(drift.decide(stack, state, seen, reachable))
    parts.append(leftovers.decide(stack, state, known, reachable, kinds=kinds, allow_destroy=allow_destroy))
    return joined((*parts, Changes(unenforced=tuple(_unenforced(stack, kinds)))))


def joined(parts: Iterable[Changes]) -> Changes:
    """Several lists of changes as one, in this order."""
    every = tuple(parts)
    return Changes(
        changes=tuple(item for part in every for item in part.changes),
        moving=tuple(item for part in every for item in part.moving),
        later=tuple(item for part in every for item in part.later),
        kept=tuple(item for part in every for item in part.kept),
        foreign=tuple(item for part in every for item in part.foreign),
        forgotten=tuple(item for part in every for item in part.forgotten),
        problems=tuple(item for part in every for item in part.problems),
        unenforced=tuple(item for part in every for item in part.unenforced),
    )


def _unenforced(stack: Stack, kinds: frozenset[ResourceKind]) -> Iterable[str]:
    """What the stack file asks for and this provider has no means for, and what is there instead."""
    kind = stack.provider.type
    if ResourceKind.MEMBER not in kinds and (named := membership.wanted(stack)):
        own = [layer.name for layer in stack.layers.values() if layer.uses == "haproxy"]
        instead = f"the layer {', '.join(own)} balances instead of" if own else "nobody is registered with"
        yield f"the provider {kind} has no load balancers of its own; {instead} {', '.join(map(str, named))}"
    if ResourceKind.SECURITY_GROUP not in kinds and (having := groups.wanted(stack)):
        yield f"the provider {kind} has no security groups; ingress of {', '.join(having)} is not enforced"
    if ResourceKind.DATABASE not in kinds and (made := databases.wanted(stack)):
        yield f"the provider {kind} makes no databases; {', '.join(item.name for item in made)} is not there"
