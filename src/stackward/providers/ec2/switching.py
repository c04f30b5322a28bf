"""Starts, stops, restarts and terminates an instance, and waits until it is so."""

from __future__ import annotations

import dataclasses

from stackward.errors import ProviderError
from stackward.providers.base import Machine, MachineState
from stackward.providers.ec2 import calls, observation, region, waiting
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.instance import Instance
from stackward.providers.ec2.region import Region

_STARTED = dataclasses.replace(waiting.RUNNING, bad=frozenset({"shutting-down", "terminated"}))
"""Right after the call it may still be described as stopped."""


def start(place: Region, machine_id: str) -> Machine:
    """The instance running. Raises ProviderError where it is gone."""
    found = region.described(place, machine_id)
    name = region.name_of(found)
    if observation.state_of(found) == "stopping":
        found = region.until(place, waiting.STOPPED, machine_id, name)
    if observation.state_of(found) == "stopped":
        _switched_on(place, machine_id, name)
        found = region.until(place, _STARTED, machine_id, name)
    if observation.state_of(found) in ("shutting-down", "terminated"):
        raise region.gone(machine_id, name)
    if observation.state_of(found) == "pending":
        found = region.until(place, waiting.RUNNING, machine_id, name)
    return region.machine(place, found)


def _switched_on(place: Region, machine_id: str, name: str) -> None:
    try:
        calls.start_instances(place.connection, machine_id)
    except CallError as error:
        if error.meaning is not Meaning.ELSEWHERE:
            raise
        # Its disk is where it is, so no other place can be tried for it.
        raise ProviderError(
            f"{error} Start {name} again later; or terminate it, and its next start tries every place of the stack "
            "file: its own disk is lost by that, its volumes stay."
        ) from None


def stop(place: Region, machine_id: str, *, force: bool) -> Machine:
    """The instance stopped. One that cannot be stopped, as it has no disk, is terminated."""
    found = region.described(place, machine_id)
    name = region.name_of(found)
    if observation.state_of(found) in ("shutting-down", "terminated"):
        raise region.gone(machine_id, name)
    if observation.state_of(found) == "stopped":
        return region.machine(place, found)
    if observation.state_of(found) == "pending":
        region.until(place, waiting.RUNNING, machine_id, name)
    try:
        calls.stop_instances(place.connection, machine_id, force=force)
    except CallError as error:
        if error.code != "UnsupportedOperation" or not _ends_with_a_stop(found):
            raise
        terminate(place, machine_id)
        return dataclasses.replace(region.machine(place, found), state=MachineState.TERMINATED, address=None)
    return region.machine(place, region.until(place, waiting.STOPPED, machine_id, name))


def _ends_with_a_stop(found: Instance) -> bool:
    """Whether AWS cannot stop an instance of its kind: one that lives on its instance store, or one-time spot."""
    return found.get("RootDeviceType", "ebs") != "ebs" or found.get("InstanceLifecycle") == "spot"


def reboot(place: Region, machine_id: str) -> Machine:
    """The instance restarted; AWS resets one that does not obey within four minutes."""
    found = region.described(place, machine_id)
    if observation.state_of(found) != "running":
        raise ProviderError(
            f"The machine {machine_id} of {region.name_of(found)} does not run ({observation.state_of(found)}). "
            "Start it first."
        )
    calls.reboot_instances(place.connection, machine_id)
    return region.machine(place, found)


def terminate(place: Region, machine_id: str) -> None:
    """Terminate the instance, and wait until it is gone. Its volumes stay."""
    try:
        # One that was launched just now may not be known yet, and would be left running.
        waiting.known(lambda: calls.terminate_instances(place.connection, machine_id), place.connection.pause, 4)
    except CallError as error:
        if error.meaning is not Meaning.MISSING:
            raise
        return
    region.until(place, waiting.TERMINATED, machine_id, machine_id)
    place.gone.add(machine_id)
