"""What the parts of the provider work with, and how each of them looks at instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stackward.errors import ProviderError
from stackward.providers.base import Machine
from stackward.providers.ec2 import addresses, calls, observation, tags, waiting
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.instance import Instance
from stackward.providers.ec2.options import Options
from stackward.providers.ec2.refusals import Refusals


@dataclass(frozen=True, slots=True)
class Region:
    """One region as the stack file wants it used. `clock` tells seconds since the epoch.

    `gone` are instances that AWS has said to be terminated: descriptions of many may be older than that of one.
    """

    options: Options
    connection: Connection
    refusals: Refusals
    clock: Callable[[], float]
    gone: set[str] = field(default_factory=set)


def live(region: Region, stack: str) -> list[Instance]:
    """Every instance of the stack that is not terminated, found by its tags."""
    filters = {**tags.filters(stack=stack), "instance-state-name": observation.LIVE}
    found = calls.describe_instances(region.connection, filters)
    return [item for item in found if item["InstanceId"] not in region.gone]


def described(region: Region, machine_id: str) -> Instance:
    """One instance. Raises ProviderError where there is none of that id."""
    try:
        return calls.describe_instance(region.connection, machine_id)
    except CallError as error:
        if error.meaning is not Meaning.MISSING:
            raise
        raise gone(machine_id, "an instance") from None


def until(region: Region, waiter: waiting.Waiter, machine_id: str, name: str) -> Instance:
    """The instance once it is as the waiter wants it. Raises WaitedInVainError."""
    return waiting.wait(
        waiter,
        f"The machine {machine_id} of {name}",
        lambda: calls.describe_instance(region.connection, machine_id),
        observation.state_of,
        region.connection.pause,
    )


def machines(region: Region, found: Sequence[Instance], stack: str) -> list[Machine]:
    """Instances as machines, with the elastic addresses that they have."""
    if not found:
        return []
    elastic = addresses.by_machine(addresses.of_stack(region.connection, stack))
    return [observation.machine(item, elastic, public=region.options.public) for item in found]


def machine(region: Region, found: Instance, stack: str | None = None) -> Machine:
    """An instance as a machine of the stack; without one, of that on its tags."""
    return machines(region, [found], tags.read(found).get(tags.STACK, "") if stack is None else stack)[0]


def name_of(found: Instance) -> str:
    """Whose machine it is, for sentences."""
    return tags.read(found).get(tags.INSTANCE, "an instance")


def gone(machine_id: str, name: str) -> ProviderError:
    """What is said of a machine that is not there any more."""
    return ProviderError(f"The machine {machine_id} of {name} is gone. Ask for a start of the instance to get another.")
