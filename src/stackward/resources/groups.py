"""Which security groups the layers have, with which rules, and on which machines: a pure comparison."""

from __future__ import annotations

from collections.abc import Sequence

from stackward.definition.model import Stack
from stackward.definition.resources import ALL, Ingress, group_name
from stackward.known_resource import KnownResource, ResourceKind
from stackward.resources.change import Change, Changes, Verb
from stackward.resources.sight import Group, Groups
from stackward.state.records import StackState

SSH = 22
EVERYWHERE = "0.0.0.0/0"
_WEB = (80, 443)


def wanted(stack: Stack) -> dict[str, frozenset[Ingress]]:
    """The rules of every layer that has a group. Each lets the controller's SSH in."""
    having = [layer.name for layer in stack.layers.values() if layer.ingress is not None]
    found = {}
    for name in having:
        layer = stack.layers[name]
        rules = set(layer.ingress or ())
        if layer.open_by_default:
            rules |= {Ingress(ALL, 0, 0, layer=other) for other in having}
            if layer.uses == "haproxy":
                rules |= {Ingress("tcp", port, port, network=EVERYWHERE) for port in _WEB}
        networks = _option(stack, name, "ssh_from") or (EVERYWHERE,)
        found[name] = frozenset(rules | {Ingress("tcp", SSH, SSH, network=network) for network in networks})
    return found


def _option(stack: Stack, layer: str, key: str) -> tuple[str, ...]:
    """One or several texts that a layer's provider is told."""
    given = stack.provider_of_layer(stack.layers[layer]).options.get(key, ())
    return (given,) if isinstance(given, str) else tuple(given)


def decide(
    stack: Stack, state: StackState, known: Sequence[KnownResource], seen: Groups, reachable: frozenset[str]
) -> Changes:
    """What has to change. Groups come before the rules that name them, and go only when nothing has them any more.

    A machine whose instance has left the stack file is about to go, and keeps those that it has until then. A group
    that this state does not remember to have asked for is another's, and a problem: it is never touched.
    """
    asked = wanted(stack)
    made = {item.name: item for item in known if item.kind is ResourceKind.SECURITY_GROUP}
    others = {layer: group for layer, group in seen.by_layer.items() if layer not in made}
    ours = {layer: group for layer, group in seen.by_layer.items() if layer in made}
    machines = {
        record.machine.id: name
        for name, record in state.instances.items()
        if name in stack.instances
        and name in reachable
        and record.machine is not None
        and record.machine.id is not None
    }
    changes = [_creation(stack, layer) for layer in asked if layer not in seen.by_layer]
    for layer, rules in asked.items():
        have = ours[layer].rules if layer in ours else frozenset()
        if rules != have and layer not in others:
            changes.append(_rules(stack, layer, rules, have))
    ids = {group.id: layer for layer, group in ours.items()}
    for machine, name in machines.items():
        if machine not in seen.of_machine:
            continue
        has = {ids[group] for group in seen.of_machine[machine] if group in ids}
        due = {layer for layer in stack.instances[name].layers if layer in asked and layer not in others}
        if due != has:
            changes.append(_membership(stack, machine, name, due, has))
    used = {ids[group] for groups in seen.of_machine.values() for group in groups if group in ids}
    for layer, group in ours.items():
        if layer not in asked and layer not in used:
            changes.append(_removal(stack, layer, group))
    gone_already = [item for layer, item in made.items() if layer not in asked and layer not in seen.by_layer]
    problems = [_of_another(stack, layer, group) for layer, group in sorted(others.items())]
    return Changes(changes=tuple(changes), forgotten=tuple(gone_already), problems=tuple(problems))


def _of_another(stack: Stack, layer: str, group: Group) -> str:
    return (
        f"The {_shown(stack, layer)} is there already as {group.id}, and this state has not made it: another "
        f"controller has a stack {stack.name} in this account and region. Give one of the two another name. If the "
        "state that made it is lost, delete the group in the console of AWS."
    )


def _shown(stack: Stack, layer: str) -> str:
    return f"security group of the layer {layer} ({group_name(stack.name, layer)})"


def _creation(stack: Stack, layer: str) -> Change:
    known = KnownResource(ResourceKind.SECURITY_GROUP, layer)
    reason = f"layers.{layer}.ingress of the stack file"
    where = {"subnets": _option(stack, layer, "subnets")}
    return Change(
        ResourceKind.SECURITY_GROUP, Verb.CREATE, layer, _shown(stack, layer), reason, data=where, known=known
    )


def _rules(stack: Stack, layer: str, rules: frozenset[Ingress], have: frozenset[Ingress]) -> Change:
    return Change(
        ResourceKind.SECURITY_GROUP,
        Verb.UPDATE,
        layer,
        _shown(stack, layer),
        "it lets in what the stack file says",
        data={"add": sorted(rules - have), "remove": sorted(have - rules)},
        before=tuple(map(str, sorted(have - rules))),
        after=tuple(map(str, sorted(rules - have))),
        known=KnownResource(ResourceKind.SECURITY_GROUP, layer),
    )


def _membership(stack: Stack, machine: str, name: str, due: set[str], has: set[str]) -> Change:
    verb = Verb.ATTACH if due - has else Verb.DETACH
    groups = ", ".join(sorted(due - has or has - due))
    return Change(
        ResourceKind.SECURITY_GROUP,
        verb,
        f"{name}",
        f"security group of {groups} {'to' if verb is Verb.ATTACH else 'from'} {name}",
        f"the layers of {name} are {', '.join(stack.instances[name].layers)}",
        data={"machine": machine, "layers": sorted(due)},
        before=tuple(sorted(has - due)),
        after=tuple(sorted(due - has)),
        instance=name,
    )


def _removal(stack: Stack, layer: str, group: Group) -> Change:
    reason = f"the layer {layer} has no ingress in the stack file"
    if layer not in stack.layers:
        reason = f"the layer {layer} has left the stack file"
    return Change(
        ResourceKind.SECURITY_GROUP,
        Verb.DELETE,
        layer,
        _shown(stack, layer),
        f"{reason}, and no machine has it",
        data={"group": group.id},
        forgets=layer,
    )
