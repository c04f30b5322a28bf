"""What a provider is asked to look at, and what it sees there, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackward.definition.database import Database
from stackward.definition.resources import Ingress, LoadBalancer

Members = Mapping[str, Mapping[str, str]]
"""By the key of a balancer that is there, what it says of each member, by the member's machine."""

DRAINING = "draining"
"""What a balancer says of a member that gets no new requests and will be gone."""


@dataclass(frozen=True, slots=True)
class Group:
    """A security group as it is: its id and what it lets in. A source that is no layer's group is in `network`."""

    id: str
    rules: frozenset[Ingress] = frozenset()


@dataclass(frozen=True, slots=True)
class Groups:
    """What there is: the stack's groups by layer, and the ids of the groups that each machine has."""

    by_layer: Mapping[str, Group] = field(default_factory=dict)
    of_machine: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddressSeen:
    """An instance's elastic address, and the machine that has it; "" for none."""

    address: str
    machine: str = ""


@dataclass(frozen=True, slots=True)
class VolumeSeen:
    """The machines that the disks of a mount point are attached to; "" in it for a disk that has none.

    `size` is in gibibytes, None for an array.
    """

    machines: frozenset[str]
    size: int | None = None


VolumesSeen = Mapping[str, Mapping[str, VolumeSeen]]
"""Volumes by instance and mount point."""


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """A database as the provider says it is. `host` is None until it may be reached.

    `settings` are those that can be changed, by their key in the stack file, as they are or are about to be; empty
    where the provider does not change them. `grows` says that its disk grows by itself.
    """

    state: str
    host: str | None = None
    port: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    grows: bool = False

    @property
    def ready(self) -> bool:
        """Whether apps may use it."""
        return self.host is not None and self.state not in ("creating", "deleting")


@dataclass(frozen=True, slots=True)
class Query:
    """What the provider is to look at: a stack without resources costs no call."""

    balancers: tuple[LoadBalancer, ...] = ()
    groups: bool = False
    databases: tuple[Database, ...] = ()
    addresses: bool = False
    volumes: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.balancers or self.groups or self.databases or self.addresses or self.volumes)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the provider says is there. `addresses` by instance, and `volumes`, are None where nobody has looked."""

    members: Members = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)
    databases: Mapping[str, DatabaseSeen] = field(default_factory=dict)
    addresses: Mapping[str, AddressSeen] | None = None
    volumes: VolumesSeen | None = None
