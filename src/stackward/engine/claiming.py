"""Decides and claims in one short transaction, so that two runs never move the same instance."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stackward.definition.model import Stack
from stackward.engine import beginning, rollouts, setups
from stackward.engine.outcomes import GOES_ON
from stackward.engine.phases import Phase, is_work, moves_of
from stackward.engine.process import Owner
from stackward.lifecycle.states import Desired, Initiator
from stackward.planner import Action, Move, Plan, Scope, decide
from stackward.state.records import CLAIM_SECONDS, Command, InstanceRecord, Request, StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

ENTRIES_LOOKED_AT = 100_000
"""More than one run writes of these kinds."""

_SETS_UP = (Phase.MOVE, Phase.SET_UP)
"""The phases that write down what the stack file has set up again."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One claimed instance: its move, the epoch that fences it, who holds it, and what the store knew of it."""

    move: Move
    epoch: int
    actor: str
    record: InstanceRecord
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What a run may now do. `run` is None when there was nothing to claim."""

    run: int | None
    claimed: tuple[Claimed, ...]
    plan: Plan
    state: StackState


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims: a process, what its run is called ("start"), and the number of the run; None before it has begun."""

    owner: Owner
    kind: str
    run: int | None = None


def preview(
    store: Store, stack: Stack, scope: Scope, now: datetime, by: Claimant | None = None
) -> tuple[Plan, StackState]:
    """What a run would do now, without claiming or writing anything. `by` None: somebody who only looks."""
    state = store.snapshot(stack.name)
    return _decided(stack, state, scope, now, by), state


def claim(
    store: Store,
    stack: Stack,
    scope: Scope,
    phase: Phase,
    by: Claimant,
    *,
    text: Callable[[], str],
    now: datetime,
) -> Round:
    """Decide and claim what belongs to the phase. `text` gives the stack file's text, kept with the run.

    A first look without a write transaction keeps an idle run from writing at all.
    """
    decided, tried = _worked_on(store, stack, by.run)
    # Whoever asked for something while this run held the instance has left it to this run.
    if phase not in (Phase.DEPLOY, Phase.SET_UP):
        scope = _widened(scope, decided)
    plan, state = preview(store, stack, scope, now, by)
    plan = _without(plan, tried)
    if not is_work(plan, phase, patient=scope.instances is not None and by.run is None):
        return Round(by.run, (), plan, state)
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        plan = _without(_decided(stack, state, scope, now, by), tried)
        run = by.run
        if run is None:
            transaction.remember_definition(stack.digest, text(), now)
            run = _begin_run(transaction, by, now)
        author = _Author(f"{by.kind}#{run} on {by.owner.host.partition('/')[0]}", run, now)
        transaction.adopt_definition(stack.digest, author.actor, now, run)
        if phase in _SETS_UP and plan.asked:
            setups.ask(transaction, plan.asked, author.actor, run, now)
            state = transaction.state
            plan = _without(_decided(stack, state, scope, now, dataclasses.replace(by, run=run)), tried)
        _settle(transaction, stack, plan, state, author)
        moves = moves_of(plan, phase)
        for move in moves:
            _claim_instance(transaction, stack, state, move, author)
        return Round(run, _claimed(moves, transaction.state), plan, transaction.state)


def _decided(stack: Stack, state: StackState, scope: Scope, now: datetime, by: Claimant | None) -> Plan:
    seen = rollouts.observations(state, now, by.owner, by.run) if by else rollouts.observations(state, now)
    return decide(stack, state, seen, now, scope)


def _begin_run(transaction: StackTransaction, by: Claimant, now: datetime) -> int:
    owner = by.owner
    return transaction.begin_run(by.kind, owner.host, owner.process, owner.started, owner.user, now)


@dataclass(frozen=True, slots=True)
class _Author:
    """Whom the journal names: the run with its machine, and its number; and when."""

    actor: str
    run: int
    now: datetime


def _claim_instance(transaction: StackTransaction, stack: Stack, state: StackState, move: Move, by: _Author) -> None:
    """Claim the instance of a move, and write down what the move begins with and why it was decided."""
    held = transaction.claim(move.instance, by.run, by.actor, by.now, by.now + timedelta(seconds=CLAIM_SECONDS))
    record = state.instances[move.instance]
    layers = beginning.layers_of(stack, record, move)
    uses = beginning.uses_of(stack, record, layers)
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
            state.claims[move.instance].owner,
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


def _settle(transaction: StackTransaction, stack: Stack, plan: Plan, state: StackState, by: _Author) -> None:
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


def _write_intent(transaction: StackTransaction, move: Move, record: InstanceRecord, epoch: int, by: _Author) -> None:
    """Move the instance to the first state of its move, unless a run that died has brought it as far."""
    first = beginning.first_state(move, record)
    if first is None:
        return
    cause = "" if move.initiator is Initiator.USER else f" ({move.initiator.value})"
    text = f"{move.action.value}: {move.reason}{cause}"
    transaction.advance(move.instance, epoch, first, by.now, actor=by.actor, text=text, run=by.run)
