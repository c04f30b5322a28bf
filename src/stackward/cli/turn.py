"""Whose move it is on each instance: yours, a run's, converge's, its schedule's, or nobody's. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from stackward.cli.moments import span
from stackward.cli.schedule_turn import next_by_schedule
from stackward.definition.model import InstanceType, Stack
from stackward.healing.decide import Decision as Healing
from stackward.healing.decide import Withheld
from stackward.lifecycle.states import BETWEEN, FAILED, MEMBERS, RESTING, Desired, Initiator, State
from stackward.planner import Action, Move, Plan
from stackward.scaling.combine import Decision
from stackward.scaling.time_based import Outlook
from stackward.state.records import Claim, Command, CommandStatus, InstanceRecord, Maintenance, Request, StackState

_ROLE_MARK = " : "
"""Ansible puts a role's name and this before the names of its tasks."""

_BRIEF = 240
"""Characters of a failure that are told with whose move it is."""


class Whose(Enum):
    """Who can bring an instance on."""

    YOU = "you"
    RUN = "run"
    CONVERGE = "converge"
    SCHEDULE = "schedule"
    HEALING = "healing"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose move it is, and which."""

    whose: Whose
    text: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that says whose move it is on the instances of one stack.

    `asked_by` is, by instance, who wrote the request that is pending; `ended` the last command that came to an end.
    """

    stack: Stack
    state: StackState
    plan: Plan
    dead: frozenset[int]
    now: datetime
    asked_by: Mapping[str, str]
    ended: Mapping[str, Command]
    outlooks: Mapping[str, Outlook] = field(default_factory=dict)
    decision: Decision = field(default_factory=Decision)
    healing: Healing = field(default_factory=Healing)


_UNSUCCESSFUL = frozenset({CommandStatus.FAILED, CommandStatus.EXPIRED})
_VERB = {
    Desired.ONLINE: "start",
    Desired.STOPPED: "stop",
    Desired.TERMINATED: "terminate",
    Desired.REGISTERED: "register",
}

_AGAIN = {
    State.SETUP_FAILED: "setup",
    State.START_FAILED: "start",
    State.STOP_FAILED: "stop",
    State.CONNECTION_LOST: "start",
}
"""What to ask for again."""


def turns(situation: Situation, also: Iterable[str] = ()) -> dict[str, Turn]:
    """Return whose move it is on every instance that is to be seen and every one that is still known.

    `also` are instances that somebody has named, to be seen or not.
    """
    moves = {move.instance: move for move in (*situation.plan.moves, *situation.plan.configure)}
    leaving = frozenset(situation.plan.departed)
    names = dict.fromkeys((*visible(situation.stack, situation.state), *_departed(situation), *also))
    return {name: _turn(name, situation, moves.get(name), departed=name in leaving) for name in names}


def visible(stack: Stack, state: StackState) -> Iterator[str]:
    """Yield the instances of the file, but for those of a pool that have never been made or are gone."""
    for name, instance in stack.instances.items():
        record = state.instances.get(name)
        if not instance.pooled or (record is not None and record.state is not State.TERMINATED):
            yield name


def _departed(situation: Situation) -> Iterator[str]:
    return (name for name in situation.state.instances if name not in situation.stack.instances)


def aside(situation: Situation, name: str) -> Maintenance | None:
    """Return the maintenance that an instance is held for at the moment."""
    taken = situation.state.maintenance.get(name)
    return taken if taken is not None and taken.lasts(situation.now) else None


def held(claim: Claim | None, dead: frozenset[int], now: datetime) -> bool:
    """Whether a run works on the instance at the moment."""
    return claim is not None and claim.run not in dead and claim.expires > now


def task(doing: str) -> str:
    """Return the name of a task without that of its role."""
    return doing.rpartition(_ROLE_MARK)[2]


def _turn(name: str, situation: Situation, move: Move | None, *, departed: bool) -> Turn:
    record = situation.state.instances.get(name)
    claim = situation.state.claims.get(name)
    if claim is not None and held(claim, situation.dead, situation.now):
        doing = task(claim.doing) or (record.state.value if record else "working")
        return Turn(Whose.RUN, f"{claim.owner}: {doing} {span(situation.now - claim.since)}")
    died = f" ({claim.owner} died on it)" if claim is not None else ""
    taken = aside(situation, name)
    if taken is not None and move is None:
        until = "" if taken.until is None else f", until {taken.until:%Y-%m-%d %H:%M} UTC"
        return Turn(Whose.YOU, f"you: release-hold, held by {taken.actor}{until} — {taken.why}")
    planned = _planned(name, situation) or _by_load(name, record, situation)
    owned = situation.stack.provider_of(name).owned
    if record is None:
        return planned or Turn(Whose.YOU, f"you: {'register' if owned else 'start'} it")
    if departed:
        return Turn(Whose.CONVERGE, "converge: forgets it, it has left the stack file")
    if move is not None:
        return Turn(Whose.CONVERGE, f"converge: {_what(record, move, situation)}{died}")
    withheld = next((item for item in situation.healing.withheld if item.instance == name), None)
    if withheld is not None:
        return _held_back(record, withheld, owned=owned)
    if name in situation.stack.instances and not situation.stack.instances[name].layers:
        return Turn(Whose.YOU, "you: give it a layer")
    resting = _resting(record, situation.ended.get(name), owned=owned)
    if planned is None or (record.state in MEMBERS and resting.whose is Whose.YOU):
        return resting
    return planned


def _held_back(record: InstanceRecord, withheld: Withheld, *, owned: bool) -> Turn:
    """Whose move it is where healing does nothing about a failed instance."""
    if withheld.person:
        again = f"ask again ({_again(record, owned=owned)})" if record.state in _AGAIN else "look at it"
        return Turn(Whose.YOU, f"you: {again} — {withheld.reason}")
    until = f" until {withheld.until:%H:%M:%S} UTC" if withheld.until else ""
    return Turn(Whose.HEALING, f"healing: withheld{until} — {withheld.reason}")


def _by_load(name: str, record: InstanceRecord | None, situation: Situation) -> Turn | None:
    """Whose move it is on a load-based instance that is stopped: nobody's, until load wants it."""
    instance = situation.stack.instances.get(name)
    if instance is None or instance.type is not InstanceType.LOAD:
        return None
    if record is not None and record.state not in RESTING:
        return None
    asked = next((wish for wish in situation.decision.asks if wish.instance == name), None)
    if asked is None:
        return Turn(Whose.NOBODY, "nobody: it starts when load wants it")
    return Turn(Whose.SCHEDULE, f"{_VERB[asked.desired]} by scale — {asked.reason}")


def _planned(name: str, situation: Situation) -> Turn | None:
    outlook = situation.outlooks.get(name)
    text = None if outlook is None else next_by_schedule(outlook, situation.decision, situation.now)
    return None if text is None else Turn(Whose.SCHEDULE, text)


def _again(record: InstanceRecord, *, owned: bool) -> str:
    """What to ask for again. Of a machine that somebody owns, a registration may be what has failed."""
    if not owned or record.state is not State.START_FAILED:
        return _AGAIN[record.state]
    return "start, or register" if record.machine is not None else "register"


def _resting(record: InstanceRecord, last: Command | None, *, owned: bool) -> Turn:
    """Whose move it is where a converge would do nothing."""
    if record.state in FAILED:
        again = _again(record, owned=owned)
        return Turn(Whose.YOU, f"you: ask again ({again})" + (f" — {brief(record.failure)}" if record.failure else ""))
    if record.state in BETWEEN:
        return Turn(Whose.YOU, "you: ask again — the run that worked on it died")
    if record.state not in MEMBERS:
        verb = "register" if owned and record.machine is None else "start"
        return Turn(Whose.YOU, f"you: {verb} it")
    if last is not None and last.status in _UNSUCCESSFUL:
        return Turn(
            Whose.YOU, f"you: {last.event} again, command {last.id} {last.status.value} — {brief(last.failure)}"
        )
    return Turn(Whose.NOBODY, "nobody")


def _what(record: InstanceRecord, move: Move, situation: Situation) -> str:
    request = record.request
    if request is not None and move.action is not Action.CONFIGURE:
        who = asker(record.name, request, situation.asked_by)
        return f"pending request {_VERB[request.desired]} by {who}{_why(request.reason, who)}"
    if move.action is Action.REBOOT:
        return f"pending request reboot by {situation.asked_by.get(record.name, 'user')}"
    if move.action is Action.CONFIGURE:
        text = f"Configure for generation {situation.state.generation}"
        last = situation.ended.get(record.name)
        if last is not None and last.event == "configure" and last.status in _UNSUCCESSFUL:
            return f"{text} again, command {last.id} {last.status.value} — {brief(last.failure)}"
        return text
    return f"{', '.join(dict.fromkeys(move.events)) or move.action.value}: {move.reason}"


def brief(failure: str) -> str:
    """Return the beginning of a failure, which may quote the whole log of a service; `logs` has the rest."""
    text = " ".join(failure.split())
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF].rsplit(' ', 1)[0]} …"


def asker(name: str, request: Request, asked_by: Mapping[str, str]) -> str:
    """Return who asked: the person where it was one."""
    initiator: str = request.initiator.value
    return asked_by.get(name, initiator) if request.initiator is Initiator.USER else initiator


def _why(reason: str, who: str) -> str:
    """Return the reason where it says more than who asked."""
    person = who.partition(" ")[0]
    return "" if reason.endswith((f"by {person}", f"{person} asked")) or not reason else f" — {reason}"
