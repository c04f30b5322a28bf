"""Resources beside machines, as the engine asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.resources import LoadBalancer
from stackward.known_resource import ResourceKind
from stackward.providers.ec2 import addresses, databases, load_balancers, security_groups, volumes
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.options import Options
from stackward.resources.change import Change, Verb
from stackward.resources.sight import DRAINING, Groups, Query, Seen

KINDS = frozenset(
    {ResourceKind.MEMBER, ResourceKind.SECURITY_GROUP, ResourceKind.DATABASE, ResourceKind.ADDRESS, ResourceKind.VOLUME}
)


def survey(connection: Connection, stack: str, query: Query) -> Seen:
    """Look at what is asked for."""
    targets = load_balancers.found(connection, query.balancers)
    return Seen(
        members={key: load_balancers.members(connection, target) for key, target in targets.items()},
        groups=security_groups.seen(connection, stack) if query.groups else Groups(),
        databases=databases.seen(connection, stack, query.databases),
        addresses=addresses.seen(connection, stack) if query.addresses else None,
        volumes=volumes.seen(connection, stack) if query.volumes else None,
    )


def change(connection: Connection, stack: str, wanted: Change, options: Options) -> None:
    """Carry a change out."""
    if wanted.kind is ResourceKind.SECURITY_GROUP:
        security_groups.change(connection, stack, wanted, options.tags)
    elif wanted.kind is ResourceKind.MEMBER:
        _membership(connection, wanted)
    elif wanted.kind is ResourceKind.VOLUME and wanted.verb is Verb.UPDATE:
        volumes.grow_one(connection, stack, wanted.data["instance"], wanted.data["mount"], wanted.data["size"])
    elif wanted.kind is ResourceKind.VOLUME:
        volumes.delete_one(connection, stack, wanted.data["instance"], wanted.data["mount"])
    elif wanted.kind is ResourceKind.DATABASE and wanted.verb is Verb.UPDATE:
        databases.modify(connection, stack, wanted.data["database"], wanted.data["settings"])
    elif wanted.kind is ResourceKind.DATABASE:
        databases.delete(connection, stack, wanted.name)
    elif wanted.kind is ResourceKind.ADDRESS and wanted.verb is Verb.DELETE:
        addresses.release_one(connection, stack, wanted.data["instance"])


def _membership(connection: Connection, wanted: Change) -> None:
    balancer = LoadBalancer.read(wanted.data)
    target = load_balancers.found(connection, [balancer]).get(balancer.key)
    if target is None:
        return
    if wanted.verb is Verb.REGISTER:
        load_balancers.register(connection, target, wanted.data["machine"])
    else:
        load_balancers.deregister(connection, target, wanted.data["machine"])


def leave(
    connection: Connection, balancers: Sequence[LoadBalancer], machine: str, within: float
) -> tuple[LoadBalancer, ...]:
    """Drain a machine from all of them at once, and wait `within` seconds at most. Returns those that were slower."""
    having = []
    for target in load_balancers.found(connection, balancers).values():
        said = load_balancers.members(connection, target).get(machine)
        if said not in (None, DRAINING):
            load_balancers.deregister(connection, target, machine)
        if said is not None:
            having.append(target)
    slow = load_balancers.waited(connection, having, machine, within, load_balancers.gone)
    return tuple(target.balancer for target in slow)


def join(
    connection: Connection, balancers: Sequence[LoadBalancer], machine: str, within: float | None
) -> tuple[LoadBalancer, ...]:
    """Register a machine with all; with `within`, wait so many seconds. Returns those that have not found it well."""
    targets = load_balancers.found(connection, balancers).values()
    for target in targets:
        if load_balancers.members(connection, target).get(machine, DRAINING) == DRAINING:
            load_balancers.register(connection, target, machine)
    if within is None:
        return ()
    slow = load_balancers.waited(connection, targets, machine, within, load_balancers.well)
    return tuple(target.balancer for target in slow)
