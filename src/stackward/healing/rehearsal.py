"""What healing would do if an instance fell silent now: the real decisions, on an imagined clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stackward.definition.model import Stack
from stackward.healing.decide import Decision, watched
from stackward.healing.ladder import Attempt
from stackward.healing.recording import Inputs
from stackward.healing.settings import healing_of
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import State
from stackward.state.records import Sighting, StackState

MOST_STEPS = 50

DOES: Mapping[Remedy, str] = {
    Remedy.CONFIGURE: "Configure, with a new start of its agent; it stays online",
    Remedy.SETUP: "Setup, Deploy, and Configure of all",
    Remedy.REBOOT: "the machine restarts; disk and addresses stay, no event runs",
    Remedy.RESTART: "the machine is stopped, proven stopped, and started; Setup, Deploy, and Configure of all",
    Remedy.REPLACE: "the machine is removed, proven gone, and made anew with its name, volumes and additional address; "
    "its own disk is lost; Setup, Deploy, and Configure of all",
}
"""What each remedy does, in words."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that would happen, so many seconds from now. `remedy` None: nothing is done, and `reason` says why."""

    after: float
    remedy: Remedy | None
    reason: str
    does: str = ""
    person: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The ladder of one instance, rung by rung, and what would hold it back as things are now."""

    instance: str
    steps: tuple[Step, ...]
    brake: str = ""


def rehearse(stack: Stack, inputs: Inputs, name: str, tick: float) -> Rehearsal:
    """Let an instance fall silent now, for ever, while somebody looks every `tick` seconds. Touches nothing.

    No remedy helps, so that all of them are seen. Raises KeyError for an instance that the state does not know.
    """
    now = inputs.now
    state = _online(inputs.state, name)
    first = now + timedelta(seconds=healing_of(stack, stack.instances[name]).after + tick)
    as_it_is = _silent(stack, state, inputs.sightings, name, now, first)
    real = Inputs(state, as_it_is, {}, inputs.dead_runs, first, inputs.listening).decided(stack)
    brake = next((item.reason for item in real.withheld if item.instance == name), "")
    return Rehearsal(name, tuple(_steps(stack, _calm(state), name, now, first, tick)), brake)


def _steps(stack: Stack, state: StackState, name: str, now: datetime, first: datetime, tick: float) -> Iterable[Step]:
    tried: tuple[Attempt, ...] = ()
    moment = first
    for _ in range(MOST_STEPS):
        sightings = _silent(stack, state, (), name, now, moment)
        decision = Inputs(state, sightings, {name: tried}, frozenset(), moment).decided(stack)
        after = (moment - now).total_seconds()
        step = _step(decision, name, after)
        if step.remedy is not None:
            yield step
            tried = (*tried, Attempt(step.remedy, moment))
            state = _lost(state, name)
        elif step.person or (held := _until(decision, name)) is None:
            yield step
            return
        else:
            moment = held
            continue
        moment += timedelta(seconds=tick)


def _step(decision: Decision, name: str, after: float) -> Step:
    heal = next((item for item in decision.heals if item.instance == name), None)
    if heal is not None:
        return Step(after, heal.remedy, heal.reason, DOES[heal.remedy])
    held = next((item for item in decision.withheld if item.instance == name), None)
    if held is None:
        return Step(after, None, "nothing is done about it", person=True)
    return Step(after, None, held.reason, person=held.person)


def _until(decision: Decision, name: str) -> datetime | None:
    return next((item.until for item in decision.withheld if item.instance == name), None)


def _silent(
    stack: Stack, state: StackState, seen: Iterable[Sighting], name: str, since: datetime, now: datetime
) -> tuple[Sighting, ...]:
    """What would be seen: the one silent, as a peer says too, and the others as they were seen last, or well."""
    others = {(item.instance, item.witness): item for item in seen if item.instance != name}
    for other in watched(stack, state):
        if other != name and (other, Witness.SSH) not in others:
            others[other, Witness.SSH] = Sighting(other, Witness.SSH, Answer.ALIVE, "", now, since)
    own = [
        Sighting(name, Witness.SSH, Answer.SILENT, "in this rehearsal", now, since),
        Sighting(name, Witness.PEER, Answer.SILENT, "its peers cannot reach it either", now, since),
        Sighting(name, Witness.PROVIDER, Answer.ALIVE, "the provider says running", now, since),
    ]
    return (*others.values(), *own)


def _online(state: StackState, name: str) -> StackState:
    record = replace(state.instances[name], state=State.ONLINE, request=None, failure="")
    return replace(state, instances={**state.instances, name: record})


def _lost(state: StackState, name: str) -> StackState:
    record = replace(state.instances[name], state=State.CONNECTION_LOST)
    return replace(state, instances={**state.instances, name: record})


def _calm(state: StackState) -> StackState:
    """The stack without anything that holds healing back, so that the whole ladder is seen."""
    instances = {name: replace(record, request=None, reboot_wanted=False) for name, record in state.instances.items()}
    return replace(state, instances=instances, claims={}, commands=(), maintenance={}, pauses={})
