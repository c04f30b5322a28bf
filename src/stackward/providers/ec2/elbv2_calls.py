"""The calls of the API of application and network load balancers that are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackward.providers.ec2.connection import Connection, call


@call("describe target groups")
def describe_target_groups(
    connection: Connection, *, names: Sequence[str] = (), arns: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The target groups of these names, or of these ARNs. All of them have to be there."""
    which = {"Names": list(names)} if names else {"TargetGroupArns": list(arns)}
    return list(connection.client("elbv2").describe_target_groups(**which)["TargetGroups"])


@call("describe the targets of a target group")
def describe_target_health(connection: Connection, arn: str) -> list[dict[str, Any]]:
    """Every target of a target group, with its port and what its health is."""
    return list(connection.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"])


@call("register a target")
def register_targets(connection: Connection, arn: str, instance: str, port: int) -> None:
    """Register an instance at a port; one that is registered stays so."""
    connection.client("elbv2").register_targets(TargetGroupArn=arn, Targets=[{"Id": instance, "Port": port}])


@call("deregister a target")
def deregister_targets(connection: Connection, arn: str, instance: str, port: int) -> None:
    """Begin to drain an instance at a port; one that is not registered is no error."""
    connection.client("elbv2").deregister_targets(TargetGroupArn=arn, Targets=[{"Id": instance, "Port": port}])
