"""Who has to be behind which load balancer, and who is: a pure comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackward.definition.model import Stack
from stackward.definition.resources import LoadBalancer
from stackward.known_resource import KnownResource, ResourceKind
from stackward.lifecycle.states import MEMBERS
from stackward.resources.change import Change, Changes, Foreign, Verb
from stackward.resources.sight import DRAINING, Members
from stackward.state.records import StackState


def in_front(stack: Stack, layers: Sequence[str]) -> tuple[LoadBalancer, ...]:
    """The load balancers in front of instances of these layers, each once, in the order of the file."""
    named = [balancer for name in layers if name in stack.layers for balancer in stack.layers[name].load_balancers]
    return tuple({balancer.key: balancer for balancer in named}.values())


def wanted(stack: Stack) -> tuple[LoadBalancer, ...]:
    """Every load balancer that the stack file names."""
    return in_front(stack, list(stack.layers))


def remembered(known: Sequence[KnownResource]) -> tuple[LoadBalancer, ...]:
    """Every load balancer that has had members of the stack."""
    found = [LoadBalancer.read(item.data) for item in known if item.kind is ResourceKind.MEMBER]
    return tuple({balancer.key: balancer for balancer in found}.values())


def membership(balancer: LoadBalancer, machine: str, instance: str) -> KnownResource:
    """What is remembered of an instance's place behind a load balancer."""
    data = {"type": balancer.type.value, "balancer": balancer.name, "machine": machine, "instance": instance}
    port = {} if balancer.port is None else {"port": balancer.port}
    return KnownResource(ResourceKind.MEMBER, f"{balancer.key} {machine}", {**data, **port})


def decide(
    stack: Stack, state: StackState, known: Sequence[KnownResource], seen: Members, reachable: frozenset[str]
) -> Changes:
    """What has to change about memberships. `reachable` are the instances whose machines such a balancer can have.

    An instance that a run holds is left to that run, which takes it out and puts it back itself.
    """
    ours = {item.name: item for item in known if item.kind is ResourceKind.MEMBER}
    machines = {
        record.machine.id: name
        for name, record in state.instances.items()
        if record.machine is not None and record.machine.id is not None
    }
    by_machine = {item.data["machine"]: str(item.data["instance"]) for item in ours.values()} | machines
    balancers = {item.key: item for item in (*wanted(stack), *remembered(known))}
    changes: list[Change] = []
    foreign: list[Foreign] = []
    problems: list[str] = []
    kept: set[str] = set()
    for key, balancer in balancers.items():
        due = dict(_due(stack, state, balancer, reachable))
        members = seen.get(key)
        if members is None:
            if balancer in wanted(stack):
                problems.append(_missing(stack, balancer))
            continue
        for machine, name in due.items():
            item = membership(balancer, machine, name)
            kept.add(item.name)
            if members.get(machine, DRAINING) == DRAINING and name not in state.claims:
                changes.append(_registering(balancer, item, name))
        for machine, said in members.items():
            name = by_machine.get(machine, "")
            if not name and said == DRAINING:
                # On its way out; it may be what a machine of ours has left behind.
                continue
            if not name:
                foreign.append(Foreign(str(balancer), machine))
            elif machine not in due and name in state.claims and machines.get(machine) == name:
                kept.add(f"{key} {machine}")
            elif machine not in due and said != DRAINING:
                item = ours.get(f"{key} {machine}") or membership(balancer, machine, name)
                kept.add(item.name)
                changes.append(_leaving(stack, state, balancer, item, name))
    gone = tuple(item for name, item in ours.items() if name not in kept and _instance(item) not in state.claims)
    return Changes(changes=tuple(changes), foreign=tuple(foreign), problems=tuple(problems), forgotten=gone)


def _instance(item: KnownResource) -> str:
    return str(item.data["instance"])


def _due(
    stack: Stack, state: StackState, balancer: LoadBalancer, reachable: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Yield the machines that have to be members, with their instances."""
    for name, instance in stack.instances.items():
        record = state.instances.get(name)
        if record is None or record.state not in MEMBERS or name not in reachable:
            continue
        if record.machine is not None and record.machine.id and balancer in in_front(stack, instance.layers):
            yield record.machine.id, name


def _registering(balancer: LoadBalancer, item: KnownResource, name: str) -> Change:
    return Change(
        ResourceKind.MEMBER,
        Verb.REGISTER,
        item.name,
        f"{name} with {balancer}",
        f"{name} is online",
        data=item.data,
        known=item,
        instance=name,
        tells=True,
    )


def _leaving(stack: Stack, state: StackState, balancer: LoadBalancer, item: KnownResource, name: str) -> Change:
    if balancer not in wanted(stack):
        reason = "no layer of the stack file has this load balancer any more"
    elif name not in stack.instances:
        reason = f"{name} has left the stack file"
    elif balancer not in in_front(stack, stack.instances[name].layers):
        reason = f"no layer of {name} has this load balancer"
    elif name in state.instances and state.instances[name].state in MEMBERS:
        reason = f"{name} has another machine now"
    else:
        reason = f"{name} is not online"
    return Change(
        ResourceKind.MEMBER,
        Verb.DEREGISTER,
        item.name,
        f"{name} from {balancer}",
        reason,
        data=item.data,
        forgets=item.name,
        instance=name,
        tells=True,
    )


def _missing(stack: Stack, balancer: LoadBalancer) -> str:
    layers = [layer.name for layer in stack.layers.values() if balancer in layer.load_balancers]
    return (
        f"There is no {balancer}, which layers.{layers[0]}.load_balancers names. Make it, or correct the name in "
        f"{stack.path}; until then nobody is registered with it."
    )
