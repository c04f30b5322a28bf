"""An instance as AWS describes it. It has many more members; only these are read from an answer."""

from __future__ import annotations

from typing import Required, TypedDict

from stackward.providers.ec2.tags import Tag


class State(TypedDict):
    """The state of an instance in AWS's words."""

    Name: str


class StateReason(TypedDict, total=False):
    """Why an instance came into its state."""

    Code: str
    Message: str


class Placement(TypedDict, total=False):
    """Where an instance is."""

    AvailabilityZone: str


class BlockDevice(TypedDict):
    """A disk of an instance, by the name under which it is attached."""

    DeviceName: str


class SecurityGroup(TypedDict):
    """A security group that an instance has."""

    GroupId: str


class Instance(TypedDict, total=False):
    """An instance; a member may be missing where AWS has nothing to say of it."""

    InstanceId: Required[str]
    State: Required[State]
    StateReason: StateReason
    ClientToken: str
    Tags: list[Tag]
    PrivateIpAddress: str
    PublicIpAddress: str
    Placement: Placement
    VpcId: str
    SecurityGroups: list[SecurityGroup]
    BlockDeviceMappings: list[BlockDevice]
    RootDeviceType: str
    InstanceLifecycle: str


class Reservation(TypedDict):
    """Instances that were launched together."""

    Instances: list[Instance]


class Described(TypedDict, total=False):
    """A page of the answer of DescribeInstances."""

    Reservations: list[Reservation]
    NextToken: str
