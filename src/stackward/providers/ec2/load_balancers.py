"""Membership of instances in target groups and classic load balancers that somebody else keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stackward.definition.resources import BalancerType, LoadBalancer
from stackward.providers.ec2 import elb_calls, elbv2_calls
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError
from stackward.resources.sight import DRAINING

BETWEEN_SECONDS = 2.0
"""Between two looks at a member that is drained or is to be found well."""

HEALTHY = "healthy"
_CLASSIC = {"InService": HEALTHY, "OutOfService": "unhealthy", "Unknown": "unknown"}
_DEREGISTERING = "Instance deregistration currently in progress"
"""What the description of a classic load balancer's member begins with while it is drained."""


@dataclass(frozen=True, slots=True)
class Target:
    """A load balancer as AWS knows it: the ARN of a target group with the members' port, or a classic one's name."""

    balancer: LoadBalancer
    arn: str = ""
    port: int = 0


def found(connection: Connection, balancers: Sequence[LoadBalancer]) -> dict[str, Target]:
    """The load balancers that there are, by key."""
    targets: dict[str, Target] = {}
    for balancer in balancers:
        try:
            targets[balancer.key] = _target(connection, balancer)
        except CallError as error:
            if error.meaning is not Meaning.MISSING:
                raise
    return targets


def _target(connection: Connection, balancer: LoadBalancer) -> Target:
    if balancer.type is BalancerType.CLASSIC:
        elb_calls.describe_load_balancer(connection, balancer.name)
        return Target(balancer)
    by = "arns" if balancer.name.startswith("arn:") else "names"
    group = elbv2_calls.describe_target_groups(connection, **{by: [balancer.name]})[0]
    return Target(balancer, group["TargetGroupArn"], balancer.port or int(group.get("Port", 0)))


def members(connection: Connection, target: Target) -> dict[str, str]:
    """What AWS says of each member, by its instance."""
    if target.balancer.type is BalancerType.CLASSIC:
        states = elb_calls.describe_instance_health(connection, target.balancer.name)
        return {item["InstanceId"]: _classic_state(item) for item in states}
    described = elbv2_calls.describe_target_health(connection, target.arn)
    return {
        item["Target"]["Id"]: str(item["TargetHealth"]["State"])
        for item in described
        if item["Target"].get("Port", target.port) == target.port
    }


def _classic_state(item: Mapping[str, str]) -> str:
    if item.get("Description", "").startswith(_DEREGISTERING):
        return DRAINING
    return _CLASSIC.get(item["State"], item["State"])


def register(connection: Connection, target: Target, machine: str) -> None:
    """Have the instance get requests."""
    if target.balancer.type is BalancerType.CLASSIC:
        elb_calls.register_instances(connection, target.balancer.name, machine)
    else:
        elbv2_calls.register_targets(connection, target.arn, machine, target.port)


def deregister(connection: Connection, target: Target, machine: str) -> None:
    """Have the instance get no new requests."""
    if target.balancer.type is BalancerType.CLASSIC:
        elb_calls.deregister_instances(connection, target.balancer.name, machine)
    else:
        elbv2_calls.deregister_targets(connection, target.arn, machine, target.port)


def gone(said: str | None) -> bool:
    """Whether a member is drained, and so none any more."""
    return said is None


def well(said: str | None) -> bool:
    """Whether a member gets requests. A target group that no listener uses says `unused` of every one."""
    return said in (HEALTHY, "unused")


def waited(
    connection: Connection,
    targets: Iterable[Target],
    machine: str,
    within: float,
    good: Callable[[str | None], bool],
) -> tuple[Target, ...]:
    """Wait until each load balancer says something good of a machine. Returns those that did not, `within` seconds."""
    pending = list(targets)
    left = within
    while True:
        pending = [target for target in pending if not good(members(connection, target).get(machine))]
        if not pending or left <= 0:
            return tuple(pending)
        pause = min(BETWEEN_SECONDS, left)
        connection.pause(pause)
        left -= pause
