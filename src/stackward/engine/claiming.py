"""Decides and claims in one short transaction, so that two runs never move the same instance."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from stackward.definition.model import Stack
from stackward.engine import rollouts, setups
from stackward.engine.outcomes import GOES_ON
from stackward.engine.process import Owner
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Move, Plan, Scope, decide
from stackward.rollout import drift
from stackward.state.records import CLAIM_SECONDS, Command, InstanceRecord, Request, StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

ENTRIES_LOOKED_AT = 100_000
"""More than one run writes of these kinds."""


class Phase(Enum):
    """The parts of a round: moving instances, a batch of Setups or of a rollout each time, telling the online ones."""

    MOVE = "move"
    SET_UP = "set_up"
    DEPLOY = "deploy"
    CONFIGURE = "configure"


_SETS_UP = (Phase.MOVE, Phase.SET_UP)
"""The phases that write down what the stack file has set up again."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One claimed instance: its move, the epoch that fences it, and what the store knew of it."""

    move: Move
    epoch: int
    record: InstanceRecord
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What a run may now do. `run` is None when there was nothing to claim."""

    run: int | None
    claimed: tuple[Claimed, ...]
    plan: Plan
    state: StackState


def preview(
    store: Store, stack: Stack, scope: Scope, now: datetime, owner: Owner | None = None, run: int | None = None
) -> tuple[Plan, StackState]:
    """What a run would do now, without claiming or writing anything. `owner` and `run` are who it is."""
    state = store.snapshot(stack.name)
    return decide(stack, state, rollouts.observations(state, now, owner, run), now, scope), state


def claim(
    store: Store,
    stack: Stack,
    text: Callable[[], str],
    scope: Scope,
    phase: Phase,
    owner: Owner,
    *,
    kind: str,
    run: int | None,
    now: datetime,
) -> Round:
    """Decide and claim what belongs to the phase. `text` gives the stack file's text, kept with the run.

    A first look without a write transaction keeps an idle run from writing at all.
    """
    decided, tried = _worked_on(store, stack, run)
    # Whoever asked for something while this run held the instance has left it to this run.
    if phase not in (Phase.DEPLOY, Phase.SET_UP):
        scope = _widened(scope, decided)
    plan, state = preview(store, stack, scope, now, owner, run)
    plan = _without(plan, tried)
    if not _work(plan, phase, patient=scope.instances is not None and run is None):
        return Round(run, (), plan, state)
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        plan = _decided(stack, state, scope, tried, owner, run, now)
        if run is None:
            transaction.remember_definition(stack.digest, text(), now)
            run = transaction.begin_run(kind, owner.host, owner.process, owner.started, owner.user, now)
        by = _Claimant(f"{kind}#{run} on {owner.host.partition('/')[0]}", run, now)
        transaction.adopt_definition(stack.digest, by.actor, now, run)
        if phase in _SETS_UP and plan.asked:
            setups.ask(transaction, plan.asked, by.actor, run, now)
            state = transaction.state
            plan = _decided(stack, state, scope, tried, owner, run, now)
        _settle(transaction, stack, plan, state, by)
        moves = of_phase(plan, phase)
        for move in moves:
            _claim_instance(transaction, stack, state, move, by)
        return Round(run, _claimed(moves, transaction.state), plan, transaction.state)


def _decided(
    stack: Stack,
    state: StackState,
    scope: Scope,
    tried: frozenset[str],
    owner: Owner,
    run: int | None,
    now: datetime,
) -> Plan:
    return _without(decide(stack, state, rollouts.observations(state, now, owner, run), now, scope), tried)


@dataclass(frozen=True, slots=True)
class _Claimant:
    """Who claims, by the name that the journal shows and the run's number, and when."""

    actor: str
    run: int
    now: datetime


def _claim_instance(transaction: StackTransaction, stack: Stack, state: StackState, move: Move, by: _Claimant) -> None:
    """Claim the instance of a move, and write down what the move begins with and why it was decided."""
    held = transaction.claim(move.instance, by.run, by.actor, by.now, by.now + timedelta(seconds=CLAIM_SECONDS))
    record = state.instances[move.instance]
    layers = _layers(stack, record, move)
    uses = _uses(stack, record, layers)
    if (record.layers, record.uses) != (layers, uses):
        transaction.put_instance(move.instance, layers, by.now, uses)
    if move.action is Action.START and record.request is None:
        # Nobody has asked but the stack file; without a request a start that is cut short would not go on.
        transaction.request(move.instance, Request(Desired.ONLINE, move.initiator, move.reason, by.now))
    _write_intent(transaction, move, record, held.epoch, by)
    if move.action is Action.DEPLOY:
        # From here on it may be out of its load balancers, so whoever takes over has to see to it.
        transaction.begin_command(move.commands[0], held.epoch, by.run, by.now)
    transaction.note(
        "decision",
        f"{move.what}: {move.reason}",
        actor=by.actor,
        now=by.now,
        instance=move.instance,
        run=by.run,
        data={
            "action": move.action.value,
            "state": move.state.value,
            "initiated_by": move.initiator.value,
            "generation": state.generation,
            "commands": list(move.commands),
            setups.IN_TURN: move.in_turn,
            "definition": stack.digest,
        },
    )


def _claimed(moves: Iterable[Move], state: StackState) -> tuple[Claimed, ...]:
    commands = {command.id: command for command in state.commands}
    return tuple(
        Claimed(
            move,
            state.claims[move.instance].epoch,
            state.instances[move.instance],
            tuple(commands[number] for number in move.commands if number in commands),
        )
        for move in moves
    )


def _worked_on(store: Store, stack: Stack, run: int | None) -> tuple[frozenset[str], frozenset[str]]:
    """Instances about which this run has decided, and those on which it failed or that it spared, by the journal.

    A failure that its move survived is none.
    """
    if run is None:
        return frozenset(), frozenset()
    decided, tried = set(), set()
    for entry in store.journal(stack.name, kinds=("decision", "failure", "command"), limit=ENTRIES_LOOKED_AT, run=run):
        if entry.instance is None:
            continue
        if entry.kind == "decision":
            decided.add(entry.instance)
        elif setups.spares(entry) or (entry.kind == "failure" and not entry.data.get(GOES_ON)):
            tried.add(entry.instance)
    return frozenset(decided), frozenset(tried)


def _widened(scope: Scope, instances: frozenset[str]) -> Scope:
    return scope if scope.instances is None else dataclasses.replace(scope, instances=scope.instances | instances)


def _without(plan: Plan, instances: frozenset[str]) -> Plan:
    """The plan without instances that have failed in this run already: trying them again is for the next one."""
    return dataclasses.replace(
        plan,
        asked=tuple(command for command in plan.asked if command.instance not in instances),
        moves=tuple(move for move in plan.moves if move.instance not in instances),
        configure=tuple(move for move in plan.configure if move.instance not in instances),
    )


def of_phase(plan: Plan, phase: Phase) -> tuple[Move, ...]:
    """The moves that belong to a phase."""
    if phase is Phase.CONFIGURE:
        return plan.configure
    return tuple(move for move in plan.moves if _phase_of(move) is phase)


def _phase_of(move: Move) -> Phase:
    if move.in_turn:
        return Phase.SET_UP
    return Phase.DEPLOY if move.action is Action.DEPLOY else Phase.MOVE


def _work(plan: Plan, phase: Phase, *, patient: bool) -> bool:
    # A run begins before its first batch, so that all batches are the work of one.
    later = patient and any(item.action is Action.SETUP for item in plan.waiting)
    wanted = plan.moves or later if phase is Phase.MOVE else of_phase(plan, phase)
    return bool(wanted or plan.settled or plan.fulfilled or plan.departed or plan.abandoned or plan.concluded)


def _settle(transaction: StackTransaction, stack: Stack, plan: Plan, state: StackState, by: _Claimant) -> None:
    """Write down what the plan ends without anybody moving: commands, rollouts, requests, claims, instances."""
    for item in plan.settled:
        transaction.finish_command(item.command, None, item.status, by.now, failure=item.reason)
    for batch in plan.concluded:
        rollouts.conclude(transaction, stack, state.rollouts[batch], by.now)
    for name in plan.fulfilled:
        epoch = state.instances[name].epoch
        transaction.clear_request(name, epoch)
        transaction.want_reboot(name, wanted=False)
    for claim in plan.abandoned:
        transaction.release(claim.instance, claim.epoch)
    for name in plan.departed:
        transaction.forget_instance(name, state.instances[name].epoch)
        transaction.note(
            "departed", f"{name} left the stack file", actor=by.actor, now=by.now, instance=name, run=by.run
        )


_FIRST_STATE: Mapping[Action, State] = {
    Action.REGISTER: State.REGISTERING,
    Action.START: State.REQUESTED,
    Action.STOP: State.STOPPING,
    Action.TERMINATE: State.TERMINATING,
    Action.REBOOT: State.REBOOTING,
    Action.SETUP: State.RUNNING_SETUP,
}

_RESUMED: Mapping[Action, frozenset[State]] = {
    Action.REGISTER: frozenset({State.REGISTERING}),
    Action.START: frozenset({State.REQUESTED, State.PENDING, State.BOOTING}),
    Action.STOP: frozenset({State.STOPPING, State.SHUTTING_DOWN, State.TERMINATING, State.DEREGISTERING}),
    Action.TERMINATE: frozenset({State.TERMINATING, State.DEREGISTERING, State.SHUTTING_DOWN}),
    Action.REBOOT: frozenset({State.REBOOTING}),
    Action.SETUP: frozenset({State.RUNNING_SETUP}),
}
"""States in which a run that died left an instance: the same move goes on from there."""


_KEEPS_LAYERS = frozenset(
    {Action.LEAVE, Action.REBOOT, Action.RUN, Action.UNDEPLOY, Action.REFRESH, Action.DEPLOY, Action.CONFIGURE}
)
"""What an online instance does with the layers that it is set up for: a Setup for others has still to come."""


def _layers(stack: Stack, record: InstanceRecord, move: Move) -> tuple[str, ...]:
    """The layers that an instance has from now on. Those that its machine has not left yet come last."""
    instance = stack.instances.get(move.instance)
    if instance is None or move.action in _KEEPS_LAYERS:
        return record.layers
    left = drift.leaving(stack, record) if record.machine is not None else ()
    return (*instance.layers, *left)


def _uses(stack: Stack, record: InstanceRecord, layers: tuple[str, ...]) -> dict[str, str]:
    """The built-in layers of these layers, as the file says, or as it said of those that it has no more."""
    known = {name: stack.layers[name].uses if name in stack.layers else record.uses.get(name) for name in layers}
    return {name: uses for name, uses in known.items() if uses is not None}


def _write_intent(transaction: StackTransaction, move: Move, record: InstanceRecord, epoch: int, by: _Claimant) -> None:
    """Move the instance to the first state of its move, unless a run that died has brought it as far."""
    first = _FIRST_STATE.get(move.action)
    if first is State.TERMINATING and record.machine is not None and record.machine.owned:
        first = State.DEREGISTERING
    if first is None or record.state in _RESUMED[move.action]:
        return
    cause = "" if move.initiator is Initiator.USER else f" ({move.initiator.value})"
    text = f"{move.action.value}: {move.reason}{cause}"
    transaction.advance(move.instance, epoch, first, by.now, actor=by.actor, text=text, run=by.run)
