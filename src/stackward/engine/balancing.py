"""Takes an instance out of the load balancers of its provider, and puts it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from stackward.definition.model import Stack
from stackward.definition.resources import LoadBalancer
from stackward.engine.hold import HeldInstance
from stackward.errors import ProviderError
from stackward.known_resource import ResourceKind
from stackward.providers.base import BalancesLoad, Capability, KeepsResources, Provider
from stackward.resources import membership
from stackward.state.records import InstanceRecord


def leave(held: HeldInstance, provider: Provider, within: float) -> bool:
    """Drain the instance from every load balancer that it may be a member of. Returns whether it was one.

    One that takes longer than `within` seconds is left to itself. Raises ProviderError where nobody was asked.
    """
    stack, record = held.stack, held.record
    machine = _machine(provider, record)
    if machine is None:
        return False
    known = [item for item in held.store.resources(stack.name) if item.kind is ResourceKind.MEMBER]
    remembered = membership.remembered([item for item in known if item.data["machine"] == machine])
    balancers = _each([*membership.in_front(stack, _layers(stack, record)), *remembered])
    if not balancers:
        return False
    slow = cast("BalancesLoad", provider).leave(balancers, machine, within)
    late = f"; not done within {within:g} s: {_named(slow)}" if slow and within else ""
    with held.transaction() as transaction:
        held.note(transaction, "balancer", f"drained from {_named(balancers)}{late}")
    return True


def join(held: HeldInstance, provider: Provider, within: float | None) -> bool:
    """Register the instance with every load balancer in front of its layers. Returns whether there is one.

    With `within`, wait so many seconds until they find it well. Raises ProviderError, also where they do not.
    """
    stack, name, record = held.stack, held.name, held.record
    machine = _machine(provider, record)
    balancers = membership.in_front(stack, _layers(stack, record))
    if machine is None or not balancers:
        return False
    with held.transaction() as transaction:
        for balancer in balancers:
            transaction.remember_resource(membership.membership(balancer, machine, name))
    slow = cast("BalancesLoad", provider).join(balancers, machine, within)
    if slow:
        said = f"{name} is registered, and not found well in time by {_named(slow)}"
        raise ProviderError(f"{said}. Look at their health checks; it waited {within:g} s.")
    with held.transaction() as transaction:
        held.note(transaction, "balancer", f"registered with {_named(balancers)}")
    return True


def _machine(provider: Provider, record: InstanceRecord) -> str | None:
    if Capability.RESOURCES not in provider.capabilities or record.machine is None:
        return None
    kept = cast("KeepsResources", provider).resource_kinds
    return record.machine.id if ResourceKind.MEMBER in kept else None


def _layers(stack: Stack, record: InstanceRecord) -> tuple[str, ...]:
    instance = stack.instances.get(record.name)
    return instance.layers if instance is not None else record.layers


def _each(balancers: Sequence[LoadBalancer]) -> tuple[LoadBalancer, ...]:
    return tuple({item.key: item for item in balancers}.values())


def _named(balancers: Sequence[LoadBalancer]) -> str:
    return ", ".join(map(str, balancers))
