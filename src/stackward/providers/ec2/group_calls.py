"""The calls that make security groups, change them, and give them to machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackward.providers.ec2.connection import Connection, call
from stackward.providers.ec2.tags import Tag

Permissions = Sequence[Mapping[str, Any]]


@call("create a security group")
def create_security_group(
    connection: Connection, name: str, description: str, network: str | None, tags: Sequence[Tag]
) -> str:
    """A new security group that bears the tags, and its id. A network has each name once."""
    where = {"VpcId": network} if network else {}
    specification = [{"ResourceType": "security-group", "Tags": list(tags)}]
    answer = connection.client("ec2").create_security_group(
        GroupName=name, Description=description, TagSpecifications=specification, **where
    )
    return str(answer["GroupId"])


@call("let something in by a security group")
def authorize_ingress(connection: Connection, group: str, permissions: Permissions) -> None:
    """Add rules to a security group."""
    connection.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=list(permissions))


@call("keep something out by a security group")
def revoke_ingress(connection: Connection, group: str, permissions: Permissions) -> None:
    """Take rules from a security group."""
    connection.client("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=list(permissions))


@call("delete a security group")
def delete_security_group(connection: Connection, group: str) -> None:
    """Delete a security group that nothing has."""
    connection.client("ec2").delete_security_group(GroupId=group)


@call("change the security groups of an instance")
def modify_groups(connection: Connection, instance: str, groups: Sequence[str]) -> None:
    """Give an instance exactly these security groups."""
    connection.client("ec2").modify_instance_attribute(InstanceId=instance, Groups=list(groups))
