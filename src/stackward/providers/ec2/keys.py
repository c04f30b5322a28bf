"""The host keys of a machine, which are noted on it once they are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackward.errors import ProviderError
from stackward.providers import host_keys
from stackward.providers.base import Machine, MachineState
from stackward.providers.ec2 import calls, console, region, tags
from stackward.providers.ec2.region import Region

SECONDS = 300.0
"""How long a machine may take until its host keys are on its console."""


def noted(place: Region, found: Mapping[str, Any]) -> Machine:
    """An instance as a machine with its host keys, if it runs. Raises ProviderError where none come."""
    machine = region.machine(place, found)
    if machine.host_keys or machine.state is not MachineState.RUNNING:
        return machine
    deadline = place.clock() + SECONDS
    keys: tuple[str, ...] = ()
    while not (keys := _told(place, machine)):
        if place.clock() > deadline:
            raise ProviderError(
                f"The host keys of {machine.instance} ({machine.id}) are not on its console after "
                f"{SECONDS:.0f} s. Does its image have cloud-init? Otherwise write host_keys: first-use to "
                "the provider, which believes the keys that it shows first."
            )
        place.connection.pause(5.0)
    calls.create_tags(place.connection, machine.id, {tags.HOST_KEYS: ",".join(keys)})
    return region.machine(place, {**found, "Tags": tags.written({**tags.read(found), tags.HOST_KEYS: ",".join(keys)})})


def _told(place: Region, machine: Machine) -> tuple[str, ...]:
    if not place.options.first_use:
        return console.host_keys(calls.get_console_output(place.connection, machine.id))
    if machine.address is None:
        return ()
    try:
        shown = host_keys.shown(machine.instance, machine.address, machine.port)
    except ProviderError:
        return ()
    return tuple(key for key in shown if not key.startswith("ssh-rsa"))[:1]
