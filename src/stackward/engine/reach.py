"""How the controller gets to machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stackward.definition.model import ProviderChoice
from stackward.state.records import MachineRecord


@dataclass(frozen=True, slots=True)
class Reach:
    """How the controller gets to machines. Real ones use `stackward.ssh`; simulations have their own."""

    public_key: Callable[[], str]
    pin: Callable[[str, int, tuple[str, ...]], None]
    unpin: Callable[[str, int], None]
    wait: Callable[[str, str, int, float], None]
    pinned: Callable[[str, int], tuple[str, ...]] = lambda _address, _port: ()
    """The host keys that are pinned for an address."""
    shown: Callable[[str, str, int], tuple[str, ...]] = lambda _name, _address, _port: ()
    """The host keys that a machine shows now, none where that cannot be told."""
    boot: Callable[[ProviderChoice, MachineRecord], str] = lambda _choice, _machine: ""
    """What tells a machine's boot from its others, "" where it does not say it."""
    rebooted: Callable[[str, ProviderChoice, MachineRecord, str, float], None] = lambda *_: None
    """Waits until the machine of an instance is in another boot than one, "" for any; so many seconds at most."""
