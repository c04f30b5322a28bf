"""Whether a machine is still the one that it was: by its host keys, which are pinned in the state when first seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from stackward.definition.model import Connection
from stackward.providers import host_keys
from stackward.providers.base import Capability, Machine, Provider, TellsHostKeys
from stackward.state.records import MachineRecord


def proven(
    provider: Provider,
    name: str,
    machine: MachineRecord,
    found: Machine,
    earlier: Callable[[str, int], tuple[str, ...]],
) -> tuple[str, ...]:
    """Return the host keys that the machine must show. Raises ProviderError with an alarm where they have changed.

    Keys are taken from the provider once in the life of a machine. A record of an older version has none; `earlier`
    gives those that this controller has pinned for an address.
    """
    if machine.choice.connection is not Connection.SSH:
        return ()
    if machine.id != found.id:
        return _told(provider, found)
    known = machine.host_keys or (earlier(machine.address, machine.port) if machine.address is not None else ())
    if not known:
        return _told(provider, found)
    if found.host_keys:
        checked(provider, name, found, known, found.host_keys)
    return known


def checked(provider: Provider, name: str, found: Machine, known: tuple[str, ...], shown: tuple[str, ...]) -> None:
    """Refuse a machine that shows keys other than the known ones. Raises ProviderError."""
    owned = Capability.OWNED in provider.capabilities
    otherwise = host_keys.OWNED if owned else host_keys.MADE
    host_keys.checked(name, f"{found.address} ({found.id})", known, shown, otherwise=otherwise)


def _told(provider: Provider, found: Machine) -> tuple[str, ...]:
    if found.host_keys or Capability.HOST_KEYS not in provider.capabilities:
        return found.host_keys
    return cast("TellsHostKeys", provider).host_keys(found)
