"""What every provider of machines offers. `tests/contract/providers/provider_contract.py` is its executable form."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from stackward.definition.database import Database
    from stackward.definition.resources import LoadBalancer
    from stackward.known_resource import ResourceKind
    from stackward.resources.change import Change
    from stackward.resources.sight import DatabaseSeen, Query, Seen


class MachineState(Enum):
    """A machine's state in the provider's own view."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    TERMINATING = "terminating"
    """It is there yet, and nothing keeps it."""
    TERMINATED = "terminated"


class Capability(Enum):
    """What a provider can do beside create, start, stop, reboot, terminate and describe."""

    ELASTIC_ADDRESS = "elastic address"
    VOLUMES = "volumes"
    DISKS = "disks that the host mounts"
    """Volumes are attached as bare disks: see AttachesDisks. Otherwise they are mounted when the machine runs."""
    ADDED_VOLUMES = "volumes for machines that are there"
    """It gives further volumes to a machine: one that runs where it has DISKS too, else one that is stopped."""
    PLACEMENT = "a choice of places"
    """It chooses among places for a machine: see PlacesMachines."""
    OWNED = "machines that somebody owns"
    """It does not make machines: `create` takes one up that is there, and `terminate` lets it go, running."""
    HOST_KEYS = "host keys on request"
    """It finds out the host keys of a machine only when it is asked: see TellsHostKeys."""
    TOLD_LATE = "machines that are told of late"
    """A machine that was just launched may be missing in what it describes: see FindsLaunched."""
    CHECKS = "checks of running machines"
    """It checks machines that run only when it is asked to: see ChecksMachines."""
    NOTICE = "notice of machines that are taken back"
    """It tells of machines that run and are taken away soon, where it has chosen their places: see GivesNotice."""
    RESOURCES = "resources beside machines"
    """It keeps load balancer members, security groups and the like: see KeepsResources."""
    UNSWITCHED = "machines without a switch"
    """It cannot stop them: an instance that is stopped takes no part, and its machine goes on running."""


@dataclass(frozen=True, slots=True)
class MachineRequest:
    """What is wanted of a new machine.

    The same `token` asked twice gives the same machine; the same token with other parameters is an error.
    `options` are the provider's own, from the stack file. `public_key` admits the controller over SSH.
    `volumes` are mount points: each gets a named disk that outlives the machine. `sizes` are theirs in gibibytes, by
    mount point, where the stack file says so; `disks` says of how many of that size one is an array. `groups` are the
    layers whose security group it has. `placement` is what PlacesMachines has chosen. `machine_id` is what the token
    made, where that is known.
    """

    stack: str
    instance: str
    token: str
    public_key: str
    options: Mapping[str, Any] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    disks: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    placement: Mapping[str, Any] = field(default_factory=dict)
    machine_id: str | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as the provider describes it. `address` and `port` are where SSH answers, None while not running."""

    id: str
    stack: str
    instance: str
    token: str
    state: MachineState
    address: str | None = None
    port: int = 22
    host_keys: tuple[str, ...] = ()
    """Public SSH host keys ("ssh-ed25519 AAAA…") as the provider vouches for them, empty where it cannot.

    They are pinned in the state when the machine is first seen. Other ones later are an alarm.
    """
    elastic_address: str | None = None
    zone: str = ""
    """What it shares with others that can be lost together, such as EC2's availability zone; "" if that is unknown."""
    impaired: str = ""
    """What is wrong with a running machine by the provider's word, such as "it is paused"; "" for nothing."""


class Provider(Protocol):
    """Makes and unmakes machines. Every call is idempotent and raises ProviderError with a sentence for a person.

    Calls for different machines may come from several processes at once.
    """

    capabilities: frozenset[Capability]

    def describe(self, stack: str) -> Mapping[str, Machine]:
        """Every machine of the stack that is not terminated, by machine id, found by its labels."""
        ...

    def create(self, request: MachineRequest) -> Machine:
        """A machine for the request, started. Repeated with the same token it returns the machine that is there."""
        ...

    def start(self, machine_id: str) -> Machine:
        """Start a stopped machine; nothing happens to a running one."""
        ...

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:
        """Stop a machine and keep its disk; nothing happens to a stopped one. `force` does not wait for the guest."""
        ...

    def reboot(self, machine_id: str) -> Machine:
        """Restart a running machine and keep its disk and address."""
        ...

    def terminate(self, machine_id: str) -> None:
        """Remove a machine and its disk, not its volumes. One that is gone already is no error."""
        ...

    def attach_address(self, stack: str, machine_id: str) -> Machine:
        """Give a running machine an additional stable address of its instance (the same one each time)."""
        ...

    def detach_address(self, stack: str, machine_id: str) -> Machine:
        """Take the additional address away."""
        ...

    def remove_stack(self, stack: str) -> None:
        """Remove what the provider made for the stack as a whole (networks, volumes), and every machine of it."""
        ...


@dataclass(frozen=True, slots=True)
class Disk:
    """A volume that is attached to a machine: its mount point, its id, and the device that it was attached as.

    Several of one mount point are an array, in the order of their numbers.
    """

    mount: str
    volume: str
    device: str
    number: int = 0


class AttachesDisks(Protocol):
    """What a provider with Capability.DISKS offers beside the rest."""

    def disks(self, stack: str, machine_id: str) -> Sequence[Disk]:
        """The volumes that are attached to a machine, for its host to find and mount."""
        ...


class AddsVolumes(Protocol):
    """What a provider with Capability.ADDED_VOLUMES offers beside the rest."""

    def add_volumes(self, request: MachineRequest) -> Machine:
        """Make the volumes of the request that there are not, and give its machine those that it has not.

        `request` is what made the machine, with more volumes. The machine keeps its disk and its addresses; its id may
        be another one afterwards. A bare disk that is smaller than `sizes` says is made larger, where the provider can;
        none is ever made smaller. Nothing happens to a machine that has all of them.
        """
        ...


class TellsHostKeys(Protocol):
    """What a provider with Capability.HOST_KEYS offers beside the rest."""

    def host_keys(self, machine: Machine) -> tuple[str, ...]:
        """The host keys of a running machine, from where only the machine itself can have written them.

        Asked once in the life of a machine. Waits for them, and raises ProviderError where none come.
        """
        ...


class FindsLaunched(Protocol):
    """What a provider with Capability.TOLD_LATE offers beside the rest."""

    def launched(self, tokens: Collection[str]) -> frozenset[str]:
        """The ids of the machines that these tokens have launched; waits for some seconds while it knows of none.

        Asked where a machine whose id nobody has saved is to go: it would be left running for ever.
        """
        ...


class ChecksMachines(Protocol):
    """What a provider with Capability.CHECKS offers beside the rest."""

    def impaired(self, machine_ids: Sequence[str]) -> Mapping[str, str]:
        """What is wrong with running machines, as in `Machine.impaired`, by machine id; sound ones are left out."""
        ...


class GivesNotice(Protocol):
    """What a provider with Capability.NOTICE, and PLACEMENT, offers beside the rest."""

    def reclaimed(self, places: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
        """Those of these machines that are taken back within minutes, by machine id, with what says so in a sentence.

        `places` are what PlacesMachines has chosen for them, by machine id. It is asked at each look at instances, so
        it should cost nothing where none of them can be taken back.
        """
        ...


class PlacesMachines(Protocol):
    """What a provider with Capability.PLACEMENT offers beside the rest.

    Its `create` raises AttemptEndedError where a place has no room, or the token's machine is gone for good. The engine
    then saves a new token with the next place before it asks again.
    """

    def place(self, request: MachineRequest, refused: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """Where and as what the machine is to be, as plain data that is frozen with its token; None: nowhere is left.

        `refused` are the places that had no room for this instance just now.
        """
        ...


class KeepsResources(Protocol):
    """What a provider with Capability.RESOURCES offers. Calls are idempotent, and raise ProviderError."""

    resource_kinds: frozenset[ResourceKind]
    """What it has means for."""

    def change(self, stack: str, change: Change) -> None:
        """Carry a change out. What is so already is left as it is."""
        ...


class SurveysResources(Protocol):
    """What a provider offers beside KeepsResources whose kinds are more than volumes and addresses."""

    def survey(self, stack: str, query: Query) -> Seen:
        """Look at what is asked for. A load balancer that is not there is left out."""
        ...


class MakesDatabases(Protocol):
    """What a provider offers beside SurveysResources whose kinds have databases."""

    def database(self, stack: str, database: Database, password: str) -> DatabaseSeen:
        """A database as the stack file wants it, made if it is not there; returns once apps may use it.

        One that is there is left as it is, whatever its password.
        """
        ...


class BalancesLoad(Protocol):
    """What a provider offers beside SurveysResources whose kinds have load balancer members."""

    def leave(self, balancers: Sequence[LoadBalancer], machine_id: str, within: float) -> Sequence[LoadBalancer]:
        """Drain a machine from the load balancers and wait, `within` seconds at most, until it has no requests.

        Returns those that it was a member of and that had not drained it in time.
        """
        ...

    def join(self, balancers: Sequence[LoadBalancer], machine_id: str, within: float | None) -> Sequence[LoadBalancer]:
        """Register a machine with the load balancers; with `within`, wait so many seconds until they find it well.

        Returns those that did not in time.
        """
        ...
