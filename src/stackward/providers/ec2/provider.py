"""The provider of machines on Amazon EC2."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from stackward.errors import AttemptEndedError, ProviderError
from stackward.providers import host_keys
from stackward.providers.base import Capability, Disk, Machine, MachineRequest, MachineState
from stackward.providers.ec2 import (
    addresses,
    calls,
    console,
    images,
    launching,
    observation,
    placements,
    tags,
    volumes,
    waiting,
)
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.options import read
from stackward.providers.ec2.refusals import Refusals

KEYS_SECONDS = 300.0
"""How long a machine may take until its host keys are on its console."""


class Ec2Provider:
    """Instances of one region. Whatever is known of them is on their tags."""

    capabilities: frozenset[Capability] = frozenset(
        {Capability.ELASTIC_ADDRESS, Capability.VOLUMES, Capability.DISKS, Capability.PLACEMENT}
    )

    def __init__(
        self,
        options: Mapping[str, Any],
        data: str,
        *,
        connection: Connection | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the options. No call is made before it is needed."""
        self._options = read(options)
        self._connection = connection or Connection(self._options.region)
        self._refusals = Refusals(data)
        self._clock = clock
        self._gone: set[str] = set()
        """Instances that AWS has said to be terminated. Descriptions of many may be older than that of one."""

    def describe(self, stack: str) -> Mapping[str, Machine]:
        """Every instance of the stack that is not terminated, found by its tags."""
        return {item.id: item for item in self._machines(self._live(stack), stack)}

    def place(self, request: MachineRequest, refused: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """Choose image, type, market, subnet or zone, and security groups, all by their ids."""
        image = images.found(self._connection, self._options.image)
        zones = self._zones()
        only = volumes.zone(self._connection, request)
        candidates = placements.places(self._options, zones, only)
        if not candidates:
            raise ProviderError(
                f"The volumes of {request.instance} are in {only}, and no subnet of the stack file is. "
                f"Add one of that zone to provider.subnets."
            )
        place = placements.chosen(candidates, refused, self._refusals.known(), self._clock())
        if place is None:
            return None
        return {
            **asdict(place),
            "image": image["ImageId"],
            "root_device": image.get("RootDeviceName") if image.get("RootDeviceType", "ebs") == "ebs" else None,
            "security_groups": self._security_groups(),
        }

    def create(self, request: MachineRequest) -> Machine:
        """Launch the machine, or find the one that the token has launched. Waits until it runs."""
        found = self._known(request) or self._launched(request)
        if observation.state_of(found) in ("stopping", "stopped"):
            return self._machine(found, request.stack)
        found = self._run(request, found)
        volumes.ensure(self._connection, request, self._options, found)
        return self._with_keys(self._machine(found, request.stack), found)

    def _known(self, request: MachineRequest) -> dict[str, Any] | None:
        """The instance that the token stands for, by its tag, or by its id where somebody has removed its tags."""
        mine = [item for item in self._live(request.stack) if tags.read(item).get(tags.INSTANCE) == request.instance]
        for item in mine:
            known = tags.read(item)
            if observation.state_of(item) == "shutting-down":
                continue
            if known.get(tags.TOKEN) != request.token:
                raise ProviderError(
                    f"{request.instance} has a machine already: {item['InstanceId']} "
                    f"({observation.state_of(item)}), made for the token {known.get(tags.TOKEN)}. "
                    "Terminate it before another is made."
                )
            if known.get(tags.PARAMETERS) != launching.digest(request):
                raise _other_parameters(request, item["InstanceId"])
            return item
        return self._untagged(request)

    def _untagged(self, request: MachineRequest) -> dict[str, Any] | None:
        if request.machine_id is None:
            return None
        try:
            found = calls.describe_instance(self._connection, request.machine_id)
        except CallError as error:
            if error.meaning is not Meaning.MISSING:
                raise
            return None
        if observation.state_of(found) in ("shutting-down", "terminated"):
            return None
        ours = launching.parameters(request, self._options)["TagSpecifications"][0]["Tags"]
        wanted = {tag["Key"]: tag["Value"] for tag in ours}
        calls.create_tags(self._connection, request.machine_id, wanted)
        return {**found, "Tags": tags.written({**tags.read(found), **wanted})}

    def _launched(self, request: MachineRequest) -> dict[str, Any]:
        try:
            return calls.run_instances(self._connection, launching.parameters(request, self._options))
        except CallError as error:
            if error.meaning is Meaning.MISMATCH:
                raise _other_parameters(request, "the one of that token") from None
            if error.meaning is Meaning.SPENT:
                raise AttemptEndedError(str(error), elsewhere=False) from None
            if error.meaning is Meaning.ELSEWHERE:
                self._refusals.add(placements.key(request.placement), self._clock())
                raise AttemptEndedError(f"{_named(request.placement)}: {error}", elsewhere=True) from None
            raise

    def _run(self, request: MachineRequest, found: dict[str, Any]) -> dict[str, Any]:
        machine_id = found["InstanceId"]
        try:
            return self._until(waiting.RUNNING, machine_id, request.instance)
        except waiting.WaitedInVainError as error:
            if error.state in ("shutting-down", "terminated"):
                raise AttemptEndedError(str(error), elsewhere=False) from None
            if error.state in ("stopping", "stopped"):
                return error.last
            raise ProviderError(
                f"{error} Look at it in the console of AWS; ask for a start again to go on waiting for it, "
                "or terminate it."
            ) from None

    def start(self, machine_id: str) -> Machine:
        """Start a stopped instance, and wait until it runs."""
        found = self._described(machine_id)
        if observation.state_of(found) == "stopping":
            found = self._until(waiting.STOPPED, machine_id, _name(found))
        if observation.state_of(found) == "stopped":
            calls.start_instances(self._connection, machine_id)
            found = self._until(
                dataclasses.replace(waiting.RUNNING, bad=frozenset({"shutting-down", "terminated"})),
                machine_id,
                _name(found),
            )
        if observation.state_of(found) in ("shutting-down", "terminated"):
            raise _gone(machine_id, _name(found))
        if observation.state_of(found) == "pending":
            found = self._until(waiting.RUNNING, machine_id, _name(found))
        return self._with_keys(self._machine(found, tags.read(found).get(tags.STACK, "")), found)

    def stop(self, machine_id: str, *, force: bool = False) -> Machine:
        """Stop an instance, and wait until it is. One that cannot be stopped, as it has no disk, is terminated."""
        found = self._described(machine_id)
        name = _name(found)
        if observation.state_of(found) in ("shutting-down", "terminated"):
            raise _gone(machine_id, name)
        if observation.state_of(found) not in ("stopped",):
            if observation.state_of(found) == "pending":
                self._until(waiting.RUNNING, machine_id, name)
            try:
                calls.stop_instances(self._connection, machine_id, force=force)
            except CallError as error:
                if error.code not in ("UnsupportedOperation", "UnsupportedHibernationConfiguration"):
                    raise
                self.terminate(machine_id)
                return dataclasses.replace(
                    self._machine(found, tags.read(found).get(tags.STACK, "")),
                    state=MachineState.TERMINATED,
                    address=None,
                )
            found = self._until(waiting.STOPPED, machine_id, name)
        return self._machine(found, tags.read(found).get(tags.STACK, ""))

    def reboot(self, machine_id: str) -> Machine:
        """Restart an instance; AWS resets one that does not obey within four minutes."""
        found = self._described(machine_id)
        if observation.state_of(found) != "running":
            raise ProviderError(
                f"The machine {machine_id} of {_name(found)} does not run ({observation.state_of(found)}). "
                "Start it first."
            )
        calls.reboot_instances(self._connection, machine_id)
        return self._machine(found, tags.read(found).get(tags.STACK, ""))

    def terminate(self, machine_id: str) -> None:
        """Terminate an instance, and wait until it is gone. Its volumes stay."""
        try:
            calls.terminate_instances(self._connection, machine_id)
        except CallError as error:
            if error.meaning is not Meaning.MISSING:
                raise
            return
        self._until(waiting.TERMINATED, machine_id, machine_id)
        self._gone.add(machine_id)

    def attach_address(self, stack: str, machine_id: str) -> Machine:
        """Give a running instance the elastic address that is its own."""
        found = self._described(machine_id)
        if observation.state_of(found) != "running":
            raise ProviderError(f"The machine {machine_id} of {_name(found)} does not run, so it gets no address.")
        addresses.attach(self._connection, stack, _name(found), machine_id, self._options.tags)
        return self._machine(self._described(machine_id), stack)

    def detach_address(self, stack: str, machine_id: str) -> Machine:
        """Take the elastic address away; it stays allocated for the instance."""
        addresses.detach(self._connection, stack, machine_id)
        return self._machine(self._described(machine_id), stack)

    def disks(self, stack: str, machine_id: str) -> Sequence[Disk]:
        """The volumes that are attached to a machine."""
        return volumes.attached(self._connection, stack, machine_id)

    def remove_stack(self, stack: str) -> None:
        """Terminate every instance of the stack, and delete its volumes and addresses."""
        for item in self._live(stack):
            self.terminate(item["InstanceId"])
        addresses.release(self._connection, stack)
        volumes.delete(self._connection, stack)

    def _live(self, stack: str) -> list[dict[str, Any]]:
        filters = {**tags.filters(stack=stack), "instance-state-name": observation.LIVE}
        found = calls.describe_instances(self._connection, filters)
        return [item for item in found if item["InstanceId"] not in self._gone]

    def _machines(self, found: Sequence[Mapping[str, Any]], stack: str) -> list[Machine]:
        if not found:
            return []
        elastic = addresses.by_machine(addresses.of_stack(self._connection, stack))
        return [observation.machine(item, elastic, public=self._options.public) for item in found]

    def _machine(self, found: Mapping[str, Any], stack: str) -> Machine:
        return self._machines([found], stack)[0]

    def _described(self, machine_id: str) -> dict[str, Any]:
        try:
            return calls.describe_instance(self._connection, machine_id)
        except CallError as error:
            if error.meaning is not Meaning.MISSING:
                raise
            raise _gone(machine_id, "an instance") from None

    def _until(self, waiter: waiting.Waiter, machine_id: str, name: str) -> dict[str, Any]:
        return waiting.wait(
            waiter,
            f"The machine {machine_id} of {name}",
            lambda: calls.describe_instance(self._connection, machine_id),
            observation.state_of,
            self._connection.pause,
        )

    def _with_keys(self, machine: Machine, found: Mapping[str, Any]) -> Machine:
        """The machine with its host keys, which are noted on it once they are known."""
        if machine.host_keys or machine.state is not MachineState.RUNNING:
            return machine
        deadline = self._clock() + KEYS_SECONDS
        keys: tuple[str, ...] = ()
        while not (keys := self._keys(machine)):
            if self._clock() > deadline:
                raise ProviderError(
                    f"The host keys of {machine.instance} ({machine.id}) are not on its console after "
                    f"{KEYS_SECONDS:.0f} s. Does its image have cloud-init? Otherwise write host_keys: first-use to "
                    "the provider, which believes the keys that it shows first."
                )
            self._connection.pause(5.0)
        calls.create_tags(self._connection, machine.id, {tags.HOST_KEYS: ",".join(keys)})
        return self._machine(
            {**found, "Tags": tags.written({**tags.read(found), tags.HOST_KEYS: ",".join(keys)})}, machine.stack
        )

    def _keys(self, machine: Machine) -> tuple[str, ...]:
        if not self._options.first_use:
            return console.host_keys(calls.get_console_output(self._connection, machine.id))
        if machine.address is None:
            return ()
        try:
            shown = host_keys.shown(machine.instance, machine.address, machine.port)
        except ProviderError:
            return ()
        return tuple(key for key in shown if not key.startswith("ssh-rsa"))[:1]

    def _zones(self) -> dict[str, str]:
        if not self._options.subnets:
            return {}
        known = calls.describe_subnets(self._connection, {"subnet-id": self._options.subnets})
        zones = {item["SubnetId"]: item["AvailabilityZone"] for item in known}
        missing = [subnet for subnet in self._options.subnets if subnet not in zones]
        if missing:
            raise ProviderError(
                f"There is no subnet {missing[0]} in {self._options.region}. "
                "Correct provider.subnets in the stack file."
            )
        return zones

    def _security_groups(self) -> list[str]:
        ids = [name for name in self._options.security_groups if name.startswith("sg-")]
        names = [name for name in self._options.security_groups if not name.startswith("sg-")]
        if not names:
            return ids
        known = calls.describe_security_groups(self._connection, {"group-name": names})
        by_name = {item["GroupName"]: item["GroupId"] for item in known}
        missing = [name for name in names if name not in by_name]
        if missing:
            raise ProviderError(
                f"There is no security group {missing[0]} in {self._options.region}. "
                "Correct provider.security_groups in the stack file."
            )
        return [name if name.startswith("sg-") else by_name[name] for name in self._options.security_groups]


def _name(found: Mapping[str, Any]) -> str:
    return tags.read(found).get(tags.INSTANCE, "an instance")


def _named(place: Mapping[str, Any]) -> str:
    return str(placements.Place(place["type"], place["market"], place.get("subnet"), place.get("zone")))


def _gone(machine_id: str, name: str) -> ProviderError:
    return ProviderError(f"The machine {machine_id} of {name} is gone. Ask for a start of the instance to get another.")


def _other_parameters(request: MachineRequest, which: str) -> ProviderError:
    return ProviderError(
        f"The token {request.token} of {request.instance} was used with other parameters ({which}). "
        "Terminate the instance, then start it."
    )
