"""The provider of machines on Amazon EC2: each call is in the module that is named after its idea."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from stackward.definition.database import Database
from stackward.definition.resources import LoadBalancer
from stackward.errors import ProviderError
from stackward.providers.base import Capability, Disk, Machine, MachineRequest
from stackward.providers.ec2 import (
    addresses,
    checks,
    creation,
    databases,
    interruptions,
    keys,
    observation,
    placing,
    region,
    resources,
    security_groups,
    switching,
    tags,
    volumes,
)
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.options import read
from stackward.providers.ec2.refusals import Refusals
from stackward.providers.ec2.region import Region
from stackward.resources.change import Change
from stackward.resources.sight import DatabaseSeen, Query, Seen


class Ec2Provider:
    """Instances of one region, found by their tags and told apart by the tokens that launched them."""

    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.ELASTIC_ADDRESS,
            Capability.VOLUMES,
            Capability.DISKS,
            Capability.ADDED_VOLUMES,
            Capability.PLACEMENT,
            Capability.HOST_KEYS,
            Capability.TOLD_LATE,
            Capability.CHECKS,
            Capability.NOTICE,
            Capability.RESOURCES,
        }
    )

    resource_kinds = resources.KINDS

    def __init__(
        self,
        options: Mapping[str, Any],
        data: str,
        *,
        connection: Connection | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the options. No call is made before it is needed."""
        known = read(options)
        self._region = Region(known, connection or Connection(known.region, data), Refusals(data), clock)

    def describe(self, stack: str) -> Mapping[str, Machine]:
        """Every instance of the stack that is not terminated, found by its tags."""
        found = region.machines(self._region, region.live(self._region, stack), stack)
        return {item.id: item for item in found}

    def place(self, request: MachineRequest, refused: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """Choose image, type, market, subnet or zone, and security groups, all by their ids."""
        return placing.place(self._region, request, refused)

    def create(self, request: MachineRequest) -> Machine:
        """Launch the machine, or find the one that the token has launched. Waits until it runs."""
        return creation.create(self._region, request)

    def start(self, machine_id: str) -> Machine:
        """Start a stopped instance, and wait until it runs."""
        return switching.start(self._region, machine_id)

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:
        """Stop an instance, and wait until it is. One that cannot be stopped, as it has no disk, is terminated."""
        return switching.stop(self._region, machine_id, force=force)

    def reboot(self, machine_id: str) -> Machine:
        """Restart an instance; AWS resets one that does not obey within four minutes."""
        return switching.reboot(self._region, machine_id)

    def terminate(self, machine_id: str) -> None:
        """Terminate an instance, and wait until it is gone. Its volumes stay."""
        switching.terminate(self._region, machine_id)

    def attach_address(self, stack: str, machine_id: str) -> Machine:
        """Give a running instance the elastic address that is its own."""
        found = region.described(self._region, machine_id)
        name = tags.read(found).get(tags.INSTANCE)
        if name is None:
            raise ProviderError(
                f"The machine {machine_id} has no tags any more, so nobody would find its address again. Tag it again: "
                "stackward stop, then start."
            )
        if observation.state_of(found) != "running":
            raise ProviderError(f"The machine {machine_id} of {name} does not run, so it gets no address.")
        address = addresses.attach(self._region.connection, stack, name, machine_id, self._region.options.tags)
        machine = region.machine(self._region, region.described(self._region, machine_id), stack)
        # AWS may describe the machine for some seconds with the public address that it had, which is another's by now.
        reached = address if self._region.options.public else machine.address
        return dataclasses.replace(machine, address=reached, elastic_address=address)

    def detach_address(self, stack: str, machine_id: str) -> Machine:
        """Take the elastic address away; it stays allocated for the instance."""
        addresses.detach(self._region.connection, stack, machine_id)
        return region.machine(self._region, region.described(self._region, machine_id), stack)

    def host_keys(self, machine: Machine) -> tuple[str, ...]:
        """The host keys that a running machine has written to its console at its first boot."""
        return keys.told(self._region, machine)

    def launched(self, tokens: Collection[str]) -> frozenset[str]:
        """What the tokens have launched, once AWS tells of it."""
        return creation.launched(self._region, tokens)

    def impaired(self, machine_ids: Sequence[str]) -> Mapping[str, str]:
        """The running instances whose status checks fail, with what fails."""
        return checks.impaired(self._region.connection, machine_ids)

    def reclaimed(self, places: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
        """The spot instances that AWS takes back, with what it says. Asks nobody where none was bought as spot."""
        return interruptions.reclaimed(self._region, places)

    def disks(self, stack: str, machine_id: str) -> Sequence[Disk]:
        """The volumes that are attached to a machine."""
        return volumes.attached(self._region.connection, stack, machine_id)

    def add_volumes(self, request: MachineRequest) -> Machine:
        """Make and attach the volumes of the request that its machine has not; it may run or be stopped."""
        found = region.described(self._region, str(request.machine_id))
        volumes.ensure(self._region.connection, request, self._region.options, found)
        return region.machine(self._region, found)

    def survey(self, stack: str, query: Query) -> Seen:
        """Look at load balancers and security groups."""
        return resources.survey(self._region.connection, stack, query)

    def change(self, stack: str, change: Change) -> None:
        """Change a security group, a membership, or give up a volume or an address."""
        resources.change(self._region.connection, stack, change, self._region.options)

    def database(self, stack: str, database: Database, password: str) -> DatabaseSeen:
        """Make a database of RDS if it is not there, and wait until it is available."""
        return databases.create(self._region.connection, stack, database, password, self._region.options.tags)

    def leave(self, balancers: Sequence[LoadBalancer], machine_id: str, within: float) -> Sequence[LoadBalancer]:
        """Deregister an instance, and wait until it is drained, `within` seconds at most."""
        return resources.leave(self._region.connection, balancers, machine_id, within)

    def join(self, balancers: Sequence[LoadBalancer], machine_id: str, within: float | None) -> Sequence[LoadBalancer]:
        """Register an instance; with `within`, wait so many seconds until it is found well."""
        return resources.join(self._region.connection, balancers, machine_id, within)

    def remove_stack(self, stack: str) -> None:
        """Terminate every instance of the stack, and delete its volumes, addresses and security groups."""
        for item in region.live(self._region, stack):
            switching.terminate(self._region, item["InstanceId"])
        addresses.release(self._region.connection, stack)
        volumes.delete(self._region.connection, stack)
        security_groups.delete(self._region.connection, stack)
