"""The host keys of a machine, from its console, or from the machine itself where the stack file says so."""

from __future__ import annotations

from stackward.errors import ProviderError
from stackward.providers import host_keys
from stackward.providers.base import Machine
from stackward.providers.ec2 import calls, console
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.region import Region

SECONDS = 300.0
"""How long a machine may take until its host keys are on its console."""


def told(place: Region, machine: Machine) -> tuple[str, ...]:
    """The host keys of a running machine. Raises ProviderError where none come."""
    deadline = place.clock() + SECONDS
    while not (keys := _now(place, machine)):
        if place.clock() > deadline:
            raise ProviderError(
                f"The host keys of {machine.instance} ({machine.id}) are not on its console after "
                f"{SECONDS:.0f} s. Does its image have cloud-init? Otherwise write host_keys: first-use to "
                "the provider, which believes the keys that it shows first."
            )
        place.connection.pause(5.0)
    return keys


def _now(place: Region, machine: Machine) -> tuple[str, ...]:
    if not place.options.first_use:
        return console.host_keys(_console(place, machine.id))
    if machine.address is None:
        return ()
    try:
        return host_keys.shown(machine.instance, machine.address, machine.port)
    except ProviderError:
        return ()


def _console(place: Region, machine_id: str) -> str:
    try:
        return calls.get_console_output(place.connection, machine_id, latest=True)
    except CallError as error:
        if error.code != "UnsupportedOperation":
            raise
    # Types before Nitro tell no latest output; what AWS gathers by itself comes some minutes after the boot.
    return calls.get_console_output(place.connection, machine_id, latest=False)
