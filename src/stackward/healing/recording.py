"""What healing decided from, as plain data: kept with each decision, and enough to decide it again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackward.definition.model import Stack
from stackward.healing import brakes
from stackward.healing.decide import Decision, decide
from stackward.healing.ladder import Attempt
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import (
    Claim,
    Command,
    CommandStatus,
    InstanceRecord,
    MachineRecord,
    Maintenance,
    Pause,
    Request,
    Sighting,
    StackState,
)

KIND = "healing-look"
"""The kind of the journal's entry that holds one recorded look."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that one decision was made from, but for the stack file."""

    state: StackState
    sightings: tuple[Sighting, ...]
    tried: Mapping[str, tuple[Attempt, ...]]
    dead_runs: frozenset[int]
    now: datetime
    listening: datetime | None = None

    def decided(self, stack: Stack) -> Decision:
        """Decide again, with any stack file."""
        return decide(stack, self.state, self.sightings, self.tried, self.dead_runs, self.now, self.listening)


def outcome(decision: Decision) -> dict[str, Any]:
    """What was decided, as plain data that can be compared."""
    return {
        "marks": [[item.instance, item.reason] for item in decision.marks],
        "heals": [[item.instance, item.remedy.value, item.reason] for item in decision.heals],
        "withheld": [[item.instance, item.reason] for item in decision.withheld],
        "verdicts": {name: found.health.value for name, found in decision.verdicts.items()},
    }


def to_data(inputs: Inputs) -> dict[str, Any]:
    """Inputs as plain data."""
    seen: dict[str, list[list[str]]] = {}
    for item in inputs.sightings:
        times = item.at.isoformat(), item.since.isoformat()
        seen.setdefault(item.instance, []).append([item.witness.value, item.answer.value, item.text, *times])
    state = inputs.state
    return {
        "now": inputs.now.isoformat(),
        "listening": _written(inputs.listening),
        "definition": state.definition,
        "instances": {
            name: _instance(record, seen.get(name, []), inputs.tried.get(name, ()))
            for name, record in state.instances.items()
        },
        "claims": [
            [claim.instance, claim.run, claim.owner, claim.expires.isoformat(), claim.run in inputs.dead_runs]
            for claim in state.claims.values()
        ],
        "commands": [[item.id, item.instance, item.event, item.initiator.value] for item in state.commands],
        "maintenance": [_held(item.instance, item) for item in state.maintenance.values()],
        "pauses": [_held(item.what, item) for item in state.pauses.values()],
    }


def _instance(record: InstanceRecord, seen: Sequence[list[str]], tried: Iterable[Attempt]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "layers": list(record.layers),
        "state": record.state.value,
        "since": _written(record.since),
        "seen": list(seen),
    }
    if record.failure:
        found["failure"] = record.failure
    if record.machine is not None:
        found["machine"] = [record.machine.id, brakes.zone_of(record.machine)]
    if record.reboot_wanted:
        found["reboot_wanted"] = True
    if (request := record.request) is not None:
        remedy = request.remedy.value if request.remedy else None
        words = request.desired.value, request.initiator.value, request.reason
        found["request"] = [*words, request.at.isoformat(), remedy]
    if attempts := [[item.remedy.value, item.at.isoformat()] for item in tried]:
        found["tried"] = attempts
    return found


def _held(what: str, item: Maintenance | Pause) -> list[str | None]:
    return [what, item.why, item.actor, item.since.isoformat(), _written(item.until)]


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def from_data(data: Mapping[str, Any], stack: str = "") -> Inputs:
    """Inputs as they were written. Raises KeyError, TypeError or ValueError for what was not written by `to_data`."""
    now = datetime.fromisoformat(data["now"])
    claims = {claim.instance: claim for claim in (_claim(item, now) for item in data["claims"])}
    sightings = tuple(
        Sighting(
            name, Witness(witness), Answer(answer), text, datetime.fromisoformat(at), datetime.fromisoformat(since)
        )
        for name, item in data["instances"].items()
        for witness, answer, text, at, since in item["seen"]
    )
    state = StackState(
        name=stack,
        generation=0,
        instances={name: _record(name, item) for name, item in data["instances"].items()},
        claims=claims,
        commands=tuple(_command(item, now) for item in data["commands"]),
        deployments={},
        definition=data["definition"],
        maintenance={
            name: Maintenance(name, why, actor, datetime.fromisoformat(since), _read(until))
            for name, why, actor, since, until in data["maintenance"]
        },
        pauses={
            what: Pause(what, why, actor, datetime.fromisoformat(since), _read(until))
            for what, why, actor, since, until in data["pauses"]
        },
    )
    tried = {
        name: tuple(Attempt(Remedy(remedy), datetime.fromisoformat(at)) for remedy, at in item.get("tried", ()))
        for name, item in data["instances"].items()
    }
    return Inputs(state, sightings, tried, _dead(data["claims"]), now, _read(data["listening"]))


def _dead(claims: Iterable[Sequence[Any]]) -> frozenset[int]:
    return frozenset(run for _instance, run, _owner, _expires, dead in claims if dead)


def _claim(item: Sequence[Any], now: datetime) -> Claim:
    instance, run, owner, expires, _dead_now = item
    return Claim(instance, run, owner, "", 0, 0.0, 0, now, datetime.fromisoformat(expires))


def _command(item: Sequence[Any], now: datetime) -> Command:
    number, instance, event, initiator = item
    return Command(number, number, instance, event, {}, Initiator(initiator), "", False, CommandStatus.PENDING, now)


def _record(name: str, item: Mapping[str, Any]) -> InstanceRecord:
    machine = item.get("machine")
    request = item.get("request")
    return InstanceRecord(
        name=name,
        layers=tuple(item["layers"]),
        state=State(item["state"]),
        since=_read(item["since"]),
        failure=item.get("failure", ""),
        reboot_wanted=bool(item.get("reboot_wanted")),
        machine=None if machine is None else MachineRecord("", 1, {}, machine[0], zone=machine[1] or ""),
        request=None if request is None else _request(request),
    )


def _request(item: Sequence[Any]) -> Request:
    desired, initiator, reason, at, remedy = item
    return Request(
        Desired(desired),
        Initiator(initiator),
        reason,
        datetime.fromisoformat(at),
        None if remedy is None else Remedy(remedy),
    )


def text(decision: Decision, watched: Collection[str]) -> str:
    """One look in a line."""
    failing = {name: found.health.value for name, found in decision.verdicts.items() if found.health.value != "well"}
    listed = ", ".join(f"{name} {health}" for name, health in failing.items()) or "all well"
    return f"looked at {len(watched)}: {listed}"
