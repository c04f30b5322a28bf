"""What AWS says of an instance, as a machine."""

from __future__ import annotations

from collections.abc import Mapping

from stackward.providers.base import Machine, MachineState
from stackward.providers.ec2 import tags
from stackward.providers.ec2.instance import Instance

LIVE = ("pending", "running", "stopping", "stopped", "shutting-down")
"""The states of instances that are there, as filters take them."""

_STATES = {
    "pending": MachineState.PENDING,
    "running": MachineState.RUNNING,
    "stopping": MachineState.STOPPING,
    "stopped": MachineState.STOPPED,
    "shutting-down": MachineState.TERMINATING,
    "terminated": MachineState.TERMINATED,
}


def state_of(found: Instance) -> str:
    """The state of an instance in AWS's words."""
    return found["State"]["Name"]


def token_of(found: Instance) -> str:
    """The token that an instance was launched with. AWS keeps it, so unlike a tag nobody can change it.

    Clouds that only resemble AWS may not tell it at all; there it is read from the tag.
    """
    token = found.get("ClientToken")
    return token if token is not None else tags.read(found).get(tags.TOKEN, "")


def machine(found: Instance, elastic: Mapping[str, str], *, public: bool) -> Machine:
    """An instance as a machine. `elastic` are the stack's elastic addresses by the id of their instance."""
    known = tags.read(found)
    state = _STATES.get(state_of(found), MachineState.PENDING)
    running = state is MachineState.RUNNING
    address = found.get("PublicIpAddress") if public else found.get("PrivateIpAddress")
    return Machine(
        id=found["InstanceId"],
        stack=known.get(tags.STACK, ""),
        instance=known.get(tags.INSTANCE, ""),
        token=token_of(found),
        state=state,
        address=address if running else None,
        elastic_address=elastic.get(found["InstanceId"]),
        zone=found.get("Placement", {}).get("AvailabilityZone", ""),
    )
