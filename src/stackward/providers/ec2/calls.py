"""The calls of the EC2 API that are made: a function each, named after the API's own operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackward.providers.ec2.connection import Connection, call, pages
from stackward.providers.ec2.instance import Described, Instance
from stackward.providers.ec2.tags import Tag

Filters = Mapping[str, Sequence[str]]

PAGE = 1000
"""The most instances that AWS describes in one call."""


def _filters(filters: Filters) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)} for name, values in filters.items()]


@call("launch an instance")
def run_instances(connection: Connection, parameters: Mapping[str, Any]) -> Instance:
    """Launch one instance. The parameters have a client token, so repeating it launches no second one."""
    launched: list[Instance] = connection.client("ec2").run_instances(**parameters)["Instances"]
    return launched[0]


@call("describe instances")
def describe_instances(connection: Connection, filters: Filters) -> list[Instance]:
    """Every instance that the filters let through."""
    ask = connection.client("ec2").describe_instances
    reservations = pages(ask, "Reservations", Filters=_filters(filters), MaxResults=PAGE)
    return [instance for reservation in reservations for instance in reservation["Instances"]]


@call("describe an instance")
def describe_instance(connection: Connection, instance: str) -> Instance:
    """One instance by its id."""
    answer: Described = connection.client("ec2").describe_instances(InstanceIds=[instance])
    return answer["Reservations"][0]["Instances"][0]


@call("read the status checks of instances")
def describe_instance_status(connection: Connection, instances: Sequence[str]) -> list[dict[str, Any]]:
    """The status checks of instances by their ids, of those that run."""
    return list(connection.client("ec2").describe_instance_status(InstanceIds=list(instances))["InstanceStatuses"])


@call("describe spot requests")
def describe_spot_instance_requests(connection: Connection, filters: Filters) -> list[dict[str, Any]]:
    """Every request for a spot instance that the filters let through; closed ones are told of for some hours."""
    ask = connection.client("ec2").describe_spot_instance_requests
    return list(pages(ask, "SpotInstanceRequests", Filters=_filters(filters), MaxResults=PAGE))


@call("start an instance")
def start_instances(connection: Connection, instance: str) -> None:
    """Start one instance."""
    connection.client("ec2").start_instances(InstanceIds=[instance])


@call("stop an instance")
def stop_instances(connection: Connection, instance: str, *, force: bool) -> None:
    """Stop one instance; with `force` without waiting for its system."""
    connection.client("ec2").stop_instances(InstanceIds=[instance], Force=force)


@call("reboot an instance")
def reboot_instances(connection: Connection, instance: str) -> None:
    """Restart one instance."""
    connection.client("ec2").reboot_instances(InstanceIds=[instance])


@call("terminate an instance")
def terminate_instances(connection: Connection, instance: str) -> None:
    """Terminate one instance."""
    connection.client("ec2").terminate_instances(InstanceIds=[instance])


@call("write tags")
def create_tags(connection: Connection, resource: str, tags: Mapping[str, str]) -> None:
    """Write tags on a resource."""
    connection.client("ec2").create_tags(
        Resources=[resource], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )


@call("read an instance's console")
def get_console_output(connection: Connection, instance: str, *, latest: bool) -> str:
    """What an instance has written to its console: as far as AWS has gathered it, or up to now with `latest`."""
    answer = connection.client("ec2").get_console_output(InstanceId=instance, Latest=latest)
    return str(answer.get("Output") or "")


@call("describe images")
def describe_images(
    connection: Connection, owners: Sequence[str], filters: Filters, *, deprecated: bool = False
) -> list[dict[str, Any]]:
    """Every image that the filters let through: with `deprecated` also those that others have deprecated."""
    owned = {"Owners": list(owners)} if owners else {}
    ask = connection.client("ec2").describe_images
    return list(ask(Filters=_filters(filters), IncludeDeprecated=deprecated, **owned)["Images"])


@call("read a parameter")
def get_parameter(connection: Connection, name: str) -> str:
    """The value of a parameter of Systems Manager."""
    return str(connection.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


@call("describe security groups")
def describe_security_groups(connection: Connection, filters: Filters) -> list[dict[str, Any]]:
    """Every security group that the filters let through."""
    ask = connection.client("ec2").describe_security_groups
    return list(pages(ask, "SecurityGroups", Filters=_filters(filters)))


@call("describe subnets")
def describe_subnets(connection: Connection, filters: Filters) -> list[dict[str, Any]]:
    """Every subnet that the filters let through."""
    return list(pages(connection.client("ec2").describe_subnets, "Subnets", Filters=_filters(filters)))


@call("describe addresses")
def describe_addresses(connection: Connection, filters: Filters) -> list[dict[str, Any]]:
    """Every elastic address that the filters let through."""
    return list(connection.client("ec2").describe_addresses(Filters=_filters(filters))["Addresses"])


@call("allocate an address", repeat=False)
def allocate_address(connection: Connection, tags: Sequence[Tag]) -> dict[str, Any]:
    """A new elastic address that bears the tags. It takes no token, so repeating it makes a second one."""
    specification = [{"ResourceType": "elastic-ip", "Tags": list(tags)}]
    return dict(connection.client("ec2").allocate_address(Domain="vpc", TagSpecifications=specification))


@call("associate an address")
def associate_address(connection: Connection, allocation: str, instance: str, *, take: bool) -> None:
    """Give an elastic address to an instance: with `take` also one that something else has now."""
    connection.client("ec2").associate_address(AllocationId=allocation, InstanceId=instance, AllowReassociation=take)


@call("disassociate an address")
def disassociate_address(connection: Connection, association: str) -> None:
    """Take an elastic address from its instance."""
    connection.client("ec2").disassociate_address(AssociationId=association)


@call("release an address")
def release_address(connection: Connection, allocation: str) -> None:
    """Give an elastic address back to AWS."""
    connection.client("ec2").release_address(AllocationId=allocation)


@call("describe volumes")
def describe_volumes(connection: Connection, filters: Filters) -> list[dict[str, Any]]:
    """Every volume that the filters let through."""
    ask = connection.client("ec2").describe_volumes
    return list(pages(ask, "Volumes", Filters=_filters(filters), MaxResults=500))


@call("create a volume")
def create_volume(connection: Connection, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A new volume. The parameters have a client token, so repeating it makes no second one."""
    return dict(connection.client("ec2").create_volume(**parameters))


@call("attach a volume")
def attach_volume(connection: Connection, volume: str, instance: str, device: str) -> None:
    """Attach a volume to an instance."""
    connection.client("ec2").attach_volume(VolumeId=volume, InstanceId=instance, Device=device)


@call("make a volume larger")
def modify_volume(connection: Connection, volume: str, size: int) -> None:
    """Have a volume of so many gibibytes, while it is in use."""
    connection.client("ec2").modify_volume(VolumeId=volume, Size=size)


@call("delete a volume")
def delete_volume(connection: Connection, volume: str) -> None:
    """Delete a volume with all data on it."""
    connection.client("ec2").delete_volume(VolumeId=volume)
