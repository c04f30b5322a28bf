"""What keeps healing from doing more harm than the failure. How much may be down is in `stackward.blast_radius`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stackward import blast_radius
from stackward.definition.model import Stack
from stackward.healing.settings import healing_of
from stackward.healing.verdict import PROVEN, Health, Verdict, sees_somebody
from stackward.state.records import MachineRecord, Sighting, StackState

PAUSE = "healing"
"""The name under which a person pauses it."""

SMALLEST_STORM = 3
"""In stacks or zones of so many instances or more, more than half of them failing at once is taken for one cause."""


@dataclass(frozen=True, slots=True)
class Brake:
    """Why an instance is not healed now, and until when; None: until something changes."""

    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Brakes:
    """Everything that is in the way of healing at the moment; "" where nothing is.

    `paused` and `storm` are about all instances. `alone`, and by instance `zones` and `watching`, are about those whose
    provider does not prove what has become of them; `checks`, by instance, about those whose check fails; `own`, by
    instance, about single ones.
    """

    paused: str
    alone: str
    storm: str
    zones: Mapping[str, str]
    checks: Mapping[str, str]
    own: Mapping[str, str]
    watching: Mapping[str, Brake]

    def on(self, found: Verdict) -> Brake | None:
        """What keeps an instance from being healed, None where nothing does."""
        name, proven = found.instance, found.health in PROVEN
        why = (
            self.paused
            or ("" if proven else self.alone)
            or self.storm
            or ("" if proven else self.zones.get(name, ""))
            or (self.checks.get(name, "") if found.health is Health.UNFIT else "")
            or self.own.get(name, "")
        )
        if why:
            return Brake(why)
        return None if proven else self.watching.get(name)


def brakes_of(
    stack: Stack,
    state: StackState,
    seen: Sequence[Sighting],
    verdicts: Mapping[str, Verdict],
    failing: Sequence[str],
    listening: datetime | None,
    now: datetime,
) -> Brakes:
    """What is in the way of healing those that are `failing` of all that are watched.

    `listening` is since when a controller service has taken heartbeats, None where there is none.
    """
    lost = [name for name in failing if verdicts[name].health is Health.LOST]
    unheard = [name for name in failing if verdicts[name].health is Health.UNHEARD]
    return Brakes(
        paused=_paused(state, now),
        alone="" if sees_somebody(seen) else "this controller reaches nobody, so it may be what is cut off",
        storm=_storm(lost, verdicts) or _storm(unheard, verdicts),
        zones=_zone_storms(lost, verdicts, state),
        checks=_check_storms(stack, verdicts),
        own=_own(stack, state, failing, now),
        watching={} if listening is None else _watching(stack, failing, listening, now),
    )


def _paused(state: StackState, now: datetime) -> str:
    pause = state.pauses.get(PAUSE)
    return "" if pause is None or not pause.lasts(now) else f"healing is paused by {pause.actor}: {pause.why}"


def _storm(failing: Collection[str], watched: Collection[str]) -> str:
    """Why nobody is healed when so many fail together, "" if they may be."""
    if len(watched) < SMALLEST_STORM or len(failing) * 2 <= len(watched):
        return ""
    return (
        f"{len(failing)} of {len(watched)} instances fail at once, so one cause is likely that healing them one by one "
        "does not mend; a person must look"
    )


def _zone_storms(failing: Collection[str], watched: Collection[str], state: StackState) -> dict[str, str]:
    """By instance, why nobody in its zone is healed: too many fail there together."""
    zones: dict[str, list[str]] = {}
    for name in watched:
        machine = state.instances[name].machine
        if machine is not None and (zone := zone_of(machine)):
            zones.setdefault(zone, []).append(name)
    found: dict[str, str] = {}
    for zone, names in zones.items():
        if why := _storm([name for name in failing if name in names], names):
            found |= dict.fromkeys(names, f"in zone {zone} {why}")
    return found


def _check_storms(stack: Stack, verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    """By instance, why none of its layer is healed for a failing check: most fail it, so it is what they share."""
    unfit = [name for name, found in verdicts.items() if found.health is Health.UNFIT]
    found: dict[str, str] = {}
    for layer in stack.layers:
        members = [name for name in verdicts if layer in stack.instances[name].layers]
        if why := _storm([name for name in unfit if name in members], members):
            found |= dict.fromkeys(members, f"in layer {layer} {why}")
    return found


def _own(stack: Stack, state: StackState, failing: Sequence[str], now: datetime) -> dict[str, str]:
    """By instance, why it alone is left as it is. Any layer with healing off wins, as in OpsWorks."""
    vetoed = {
        name: f"layer {layer.name} has healing off"
        for name in failing
        for layer in stack.layers_of(stack.instances[name])[::-1]
        if not layer.healing.enabled
    }
    aside = {
        name: f"it is held for maintenance by {item.actor}: {item.why}"
        for name, item in state.maintenance.items()
        if item.lasts(now)
    }
    deploying = {
        name: f"a {command.event} on it is on its way (command {command.id})"
        for name, command in blast_radius.deploying(state).items()
    }
    return vetoed | aside | deploying


def _watching(stack: Stack, failing: Sequence[str], listening: datetime, now: datetime) -> dict[str, Brake]:
    """By instance, until when it is not judged, as the controller service has only just begun.

    What the service saw before its break may be as old as the break.
    """
    why = f"the controller service has begun at {listening:%H:%M:%S} UTC and watches first"
    until = {name: listening + timedelta(seconds=healing_of(stack, stack.instances[name]).after) for name in failing}
    return {name: Brake(why, moment) for name, moment in until.items() if now < moment}


def zone_of(machine: MachineRecord) -> str:
    """Where a machine is by its provider's word, or else where it was asked for; "" where neither is known."""
    asked = (machine.parameters.get(part) or {} for part in ("placement", "options"))
    return machine.zone or next((str(item["zone"]) for item in asked if item.get("zone")), "")
