"""What keeps healing from doing more harm than the failure. How much may be down is in `stackward.blast_radius`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from stackward.definition.model import Instance, Stack
from stackward.state.records import MachineRecord, StackState

SMALLEST_STORM = 3
"""In stacks or zones of so many instances or more, more than half of them failing at once is taken for one cause."""


def vetoed(stack: Stack, instance: Instance) -> str:
    """The layer that forbids healing the instance, "" if none does (OpsWorks: any layer with it off wins)."""
    return next((layer.name for layer in stack.layers_of(instance) if not layer.healing.enabled), "")


def storm(failing: Collection[str], watched: Collection[str]) -> str:
    """Why nobody is healed when so many fail together, "" if they may be."""
    if len(watched) < SMALLEST_STORM or len(failing) * 2 <= len(watched):
        return ""
    return (
        f"{len(failing)} of {len(watched)} instances fail at once, so one cause is likely that healing them one by one "
        "does not mend; a person must look"
    )


def zone_storms(failing: Collection[str], watched: Collection[str], state: StackState) -> Mapping[str, str]:
    """By zone, why nobody there is healed; only zones where too many fail together."""
    zones: dict[str, list[str]] = {}
    for name in watched:
        machine = state.instances[name].machine
        if machine is not None and (zone := zone_of(machine)):
            zones.setdefault(zone, []).append(name)
    found = {zone: storm([name for name in failing if name in names], names) for zone, names in zones.items()}
    return {zone: f"in zone {zone} {why}" for zone, why in found.items() if why}


def zone_of(machine: MachineRecord) -> str:
    """Where a machine is by its provider's word, or else where it was asked for; "" where neither is known."""
    asked = (machine.parameters.get(part) or {} for part in ("placement", "options"))
    return machine.zone or next((str(item["zone"]) for item in asked if item.get("zone")), "")


def amnesty(listening: datetime | None, after: float, now: datetime) -> datetime | None:
    """Until when nobody is judged because the controller service has only just begun, None where that is over.

    What it saw before its break may be as old as the break. `after` is how many seconds a silence lasts at least.
    """
    if listening is None:
        return None
    until = listening + timedelta(seconds=after)
    return until if now < until else None
