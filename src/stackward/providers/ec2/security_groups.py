"""The security groups of layers: found by their tags, made, changed, given to machines and removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stackward.definition.resources import ALL, Ingress, group_name
from stackward.errors import ProviderError
from stackward.providers.ec2 import already, calls, group_calls, observation, subnets, tags, waiting
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.instance import Instance
from stackward.resources.change import Change, Verb
from stackward.resources.sight import Group, Groups

_PROTOCOLS = {ALL: "-1"}
_EVERY_ICMP = ("icmp", -1, -1)
_KNOWN = waiting.Waiter("be known", frozenset({"known"}), attempts=30, between=1.0)
_HELD_SECONDS = 5.0
_NAMES = {number: name for name, number in _PROTOCOLS.items()}

_IN_PASSING = 6
"""How often a group is tried to be deleted where the next converge tries again."""

_FOR_GOOD = 24
"""How often, where nobody comes back for it."""


def seen(connection: Connection, stack: str) -> Groups:
    """The groups of the stack's layers, and those of each of its machines."""
    found = of_layers(connection, stack)
    layers = {item["GroupId"]: layer for layer, item in found.items()}
    filters = {**tags.filters(stack=stack), "instance-state-name": observation.LIVE}
    machines = calls.describe_instances(connection, filters)
    return Groups(
        {layer: Group(item["GroupId"], frozenset(_rules(item, layers))) for layer, item in found.items()},
        {item["InstanceId"]: frozenset(_groups_of(item)) for item in machines},
    )


def of_layers(connection: Connection, stack: str) -> dict[str, dict[str, Any]]:
    """The groups of the stack's layers, by layer."""
    known = calls.describe_security_groups(connection, tags.filters(stack=stack))
    by_layer = {tags.read(item).get(tags.LAYER): item for item in known}
    return {layer: item for layer, item in by_layer.items() if layer}


def ids(connection: Connection, stack: str, layers: Sequence[str]) -> list[str]:
    """The ids of the groups of these layers. Raises ProviderError where one is not there yet."""
    if not layers:
        return []
    return _ids(of_layers(connection, stack), layers)


def _ids(found: Mapping[str, Mapping[str, Any]], layers: Iterable[str]) -> list[str]:
    for layer in layers:
        if layer not in found:
            raise ProviderError(
                f"The security group of the layer {layer} is not there. Make it first: stackward converge"
            )
    return [found[layer]["GroupId"] for layer in layers]


def change(connection: Connection, stack: str, wanted: Change, extra: Mapping[str, str]) -> None:
    """Carry out a change of a group. `extra` are tags of the user's."""
    if wanted.verb is Verb.CREATE:
        _create(connection, stack, wanted.name, wanted.data.get("subnets", ()), extra)
    elif wanted.verb is Verb.UPDATE:
        _update(connection, stack, wanted)
    elif wanted.verb is Verb.DELETE:
        _unnamed(connection, stack, wanted.data["group"])
        _delete(connection, wanted.data["group"], _IN_PASSING)
    else:
        _give(connection, stack, wanted.data["machine"], wanted.data["layers"])


def delete(connection: Connection, stack: str) -> None:
    """Delete every group of the stack's layers, the rules that name each other first."""
    found = of_layers(connection, stack)
    for item in found.values():
        if item.get("IpPermissions"):
            _revoke(connection, item["GroupId"], item["IpPermissions"])
    for item in found.values():
        _delete(connection, item["GroupId"], _FOR_GOOD)


def _create(connection: Connection, stack: str, layer: str, within: Sequence[str], extra: Mapping[str, str]) -> None:
    """Make the group of a layer in the network of the subnets, without any in the default one."""
    name = group_name(stack, layer)
    ours = {**extra, "Name": name, tags.STACK: stack, tags.LAYER: layer}
    networks = [item.get("VpcId") for item in subnets.found(connection, within[:1]).values()]
    network = networks[0] if networks else None
    try:
        group_calls.create_security_group(
            connection, name, f"Layer {layer} of the stack {stack}", network, tags.written(ours)
        )
    except CallError as error:
        if error.code != "InvalidGroup.Duplicate":
            raise
        # Made by a call whose answer was lost, or by somebody else: its tags say which.
        if layer not in of_layers(connection, stack):
            raise ProviderError(
                f"There is a security group {name} already, and it is not this stack's: it has no tag "
                f"{tags.STACK}={stack}. Rename or remove it, then converge again."
            ) from None
    # Rules and machines can have a group only once all of AWS knows it.
    waiting.wait(
        _KNOWN,
        f"The security group {name}",
        lambda: of_layers(connection, stack).get(layer, {}),
        lambda found: "known" if found else "unseen",
        connection.pause,
    )


def _update(connection: Connection, stack: str, wanted: Change) -> None:
    found = of_layers(connection, stack)
    group = _ids(found, [wanted.name])[0]
    mine = found[wanted.name]
    layers = {item["GroupId"]: layer for layer, item in found.items()}
    have = set(_rules(mine, layers))
    # What is so already would be refused as a duplicate, or as not there.
    adding = [rule for rule in wanted.data["add"] if rule not in have]
    removing = [rule for rule in wanted.data["remove"] if rule in have]
    if adding:
        with already.so("InvalidPermission.Duplicate"):
            allowed = [_permission(rule, found) for rule in adding]
            waiting.known(lambda: group_calls.authorize_ingress(connection, group, allowed), connection.pause)
    if removing:
        _revoke(connection, group, [_permission(rule, found) for rule in removing])


def _revoke(connection: Connection, group: str, permissions: group_calls.Permissions) -> None:
    with already.so("InvalidPermission.NotFound"):
        group_calls.revoke_ingress(connection, group, permissions)


def _unnamed(connection: Connection, stack: str, group: str) -> None:
    """Take away the rules that name a group which is to go: AWS keeps it until then, and two may name each other."""
    for item in of_layers(connection, stack).values():
        naming = [
            {**rule, "UserIdGroupPairs": [pair], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
            for rule in item.get("IpPermissions", ())
            for pair in rule.get("UserIdGroupPairs", ())
            if pair["GroupId"] == group and item["GroupId"] != group
        ]
        if naming:
            _revoke(connection, item["GroupId"], naming)


def _delete(connection: Connection, group: str, attempts: int) -> None:
    """Delete a group. The network interface of a machine that has gone may hold it for a minute more."""
    for _ in range(attempts - 1):
        try:
            return _deleted(connection, group)
        except CallError as error:
            if error.code != "DependencyViolation":
                raise
        connection.pause(_HELD_SECONDS)
    return _deleted(connection, group)


def _deleted(connection: Connection, group: str) -> None:
    with already.so("InvalidGroup.NotFound"):
        group_calls.delete_security_group(connection, group)


def _give(connection: Connection, stack: str, machine: str, layers: Sequence[str]) -> None:
    found = of_layers(connection, stack)
    ours = {item["GroupId"] for item in found.values()}
    described = calls.describe_instance(connection, machine)
    has = list(_groups_of(described))
    due = [*(group for group in has if group not in ours), *_ids(found, layers)]
    if set(due) != set(has):
        # A machine has at least one group: without any other that is the network's own.
        groups = due or [_default(connection, described)]
        waiting.known(lambda: group_calls.modify_groups(connection, machine, groups), connection.pause)


def _default(connection: Connection, machine: Instance) -> str:
    network = {"vpc-id": [machine["VpcId"]]} if machine.get("VpcId") else {}
    known = calls.describe_security_groups(connection, {"group-name": ["default"], **network})
    if not known:
        raise ProviderError(f"The network of {machine['InstanceId']} has no security group named default to fall to.")
    return str(known[0]["GroupId"])


def _groups_of(machine: Instance) -> Iterable[str]:
    return (group["GroupId"] for group in machine.get("SecurityGroups", ()))


def _rules(group: Mapping[str, Any], layers: Mapping[str, str]) -> Iterator[Ingress]:
    """What a group lets in. Ports are 0 where every port of the protocol is meant."""
    for item in group.get("IpPermissions", ()):
        protocol = _NAMES.get(str(item["IpProtocol"]), str(item["IpProtocol"]))
        first, last = int(item.get("FromPort", 0)), int(item.get("ToPort", 0))
        if protocol == ALL or (protocol, first, last) == _EVERY_ICMP:
            first = last = 0
        for pair in item.get("UserIdGroupPairs", ()):
            other = layers.get(pair["GroupId"])
            yield Ingress(protocol, first, last, layer=other or "", network="" if other else pair["GroupId"])
        for network in item.get("IpRanges", ()):
            yield Ingress(protocol, first, last, network=network["CidrIp"])
        for network in item.get("Ipv6Ranges", ()):
            yield Ingress(protocol, first, last, network=network["CidrIpv6"])
        for networks in item.get("PrefixListIds", ()):
            yield Ingress(protocol, first, last, network=networks["PrefixListId"])


def _permission(rule: Ingress, groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {"IpProtocol": _PROTOCOLS.get(rule.protocol, rule.protocol)}
    if (rule.protocol, rule.first, rule.last) == ("icmp", 0, 0):
        found |= {"FromPort": -1, "ToPort": -1}
    elif (rule.first, rule.last) != (0, 0):
        found |= {"FromPort": rule.first, "ToPort": rule.last}
    if rule.layer:
        return {**found, "UserIdGroupPairs": [{"GroupId": groups[rule.layer]["GroupId"]}]}
    if rule.network.startswith("sg-"):
        return {**found, "UserIdGroupPairs": [{"GroupId": rule.network}]}
    if rule.network.startswith("pl-"):
        return {**found, "PrefixListIds": [{"PrefixListId": rule.network}]}
    if ":" in rule.network:
        return {**found, "Ipv6Ranges": [{"CidrIpv6": rule.network}]}
    return {**found, "IpRanges": [{"CidrIp": rule.network}]}
