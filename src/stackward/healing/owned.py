"""What healing can do about machines that somebody owns: what there are power commands for, and never a new machine."""

from __future__ import annotations

from collections.abc import Mapping

from stackward.definition.model import ProviderChoice
from stackward.lifecycle.health import Remedy

_NEEDED: Mapping[Remedy, frozenset[str]] = {
    Remedy.CONFIGURE: frozenset(),
    Remedy.SETUP: frozenset(),
    Remedy.REBOOT: frozenset({"reboot"}),
    Remedy.RESTART: frozenset({"start", "stop"}),
}
"""The power commands that a remedy takes. One that is not here cannot be done to a machine that somebody owns."""


def can_do(provider: ProviderChoice, remedy: Remedy) -> bool:
    """Whether the remedy can be carried out."""
    if not provider.owned:
        return True
    return remedy in _NEEDED and _NEEDED[remedy] <= provider.switches


def why_not(remedy: Remedy) -> str:
    """Say why a remedy cannot be carried out on a machine that somebody owns."""
    if remedy not in _NEEDED:
        return "it is a machine that you own, which nobody replaces; a person must look"
    missing = " and ".join(sorted(_NEEDED[remedy]))
    return f"it is a machine that you own without a power command to {missing} it; a person must look"
