"""What must happen next to a whole stack: one step an instance, and the Configure round that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from stackward.definition.model import Stack
from stackward.lifecycle.states import RESTING, State
from stackward.planner.commanded import postponed, unreachable
from stackward.planner.next_step import depart, next_step
from stackward.planner.plan import EVERYTHING, Action, Held, Move, Observations, Plan, Scope, Settled, Waiting
from stackward.rollout import due, setups
from stackward.rollout.room import without_room
from stackward.rollout.turns import Turns, rolling, turns
from stackward.state.records import Claim, Command, StackState

_MOVES_ONLINE_SET = frozenset({Action.START, Action.STOP, Action.TERMINATE, Action.SETUP, Action.LEAVE})


def decide(
    stack: Stack, state: StackState, observations: Observations, now: datetime, scope: Scope = EVERYTHING
) -> Plan:
    """Compare what is wanted with what is and say what to do, in the order of the stack file."""
    asked = due.commands(stack, state, scope.covers, scope.batch, now)
    if asked:
        state = replace(state, commands=(*state.commands, *asked))
    return replace(_in_turn(stack, state, observations, now, scope), asked=asked)


def _in_turn(stack: Stack, state: StackState, observations: Observations, now: datetime, scope: Scope) -> Plan:
    if not state.rollouts and not any(rolling(command) or setups.in_turn(command) for command in state.commands):
        return _decided(stack, state, observations, now, scope, Turns())
    # A command that ends by itself keeps no batch waiting, and whether one does is for the plan to say.
    ending = {item.command for item in _decided(stack, state, observations, now, EVERYTHING, Turns()).settled}
    left = [command for command in state.commands if command.id not in ending]
    order = turns(state.rollouts, left, observations.tended)
    order = replace(order, kept=without_room(stack, state, left, order), setups=setups.waits(stack, state, left))
    plan = _decided(stack, state, observations, now, scope, order)
    settled = {item.command for item in plan.settled}
    busy = {command.batch for command in state.commands if command.id not in settled} | observations.tended
    return replace(plan, concluded=tuple(batch for batch in state.rollouts if batch not in busy))


def _decided(
    stack: Stack, state: StackState, observations: Observations, now: datetime, scope: Scope, order: Turns
) -> Plan:
    commands = _by_instance(state.commands)
    moves: list[Move] = []
    configure: list[Move] = []
    held: list[Held] = []
    settled: list[Settled] = []
    fulfilled: list[str] = []
    departed: list[str] = []
    abandoned: list[Claim] = []
    idle: list[str] = []
    waiting: list[Waiting] = []

    for name in (*stack.instances, *(name for name in state.instances if name not in stack.instances)):
        record = state.instances.get(name)
        if record is None:
            idle.append(name)
            continue
        if name not in stack.instances:
            if scope.instances is not None or not scope.departed:
                continue
            step = depart(record)
            if step is None:
                departed.append(name)
                settled.extend(unreachable(commands.get(name, ()), f"{name} has left the stack file"))
                continue
        else:
            step, ended = next_step(record, commands.get(name, ()), stack, state, order)
            if not scope.covers(name) and not (step and step.action is Action.CONFIGURE):
                continue
            settled.extend(ended)
            waiting.extend(postponed(commands.get(name, ()), ended, order))
            if step is None:
                claim = state.claims.get(name)
                if claim is not None and not _holds(claim, observations, now):
                    abandoned.append(claim)
                if record.request is not None or record.reboot_wanted:
                    fulfilled.append(name)
                elif record.state in RESTING:
                    idle.append(name)
                continue
        claim = state.claims.get(name)
        if claim is not None and _holds(claim, observations, now):
            held.append(Held(name, claim))
        elif step.action is Action.CONFIGURE:
            configure.append(step)
        else:
            moves.append(step)

    return Plan(
        moves=tuple(moves),
        waiting=tuple(waiting),
        configure=tuple(configure),
        configure_after=_after(stack, state, moves, configure),
        held=tuple(held),
        settled=tuple(settled),
        fulfilled=tuple(fulfilled),
        departed=tuple(departed),
        abandoned=tuple(abandoned),
        idle=tuple(idle),
    )


def _holds(claim: Claim, observations: Observations, now: datetime) -> bool:
    return claim.run not in observations.dead_runs and claim.expires > now


def _by_instance(commands: Iterable[Command]) -> dict[str, tuple[Command, ...]]:
    grouped: dict[str, list[Command]] = {}
    for command in sorted(commands, key=lambda command: command.id):
        grouped.setdefault(command.instance, []).append(command)
    return {instance: tuple(items) for instance, items in grouped.items()}


def _after(stack: Stack, state: StackState, moves: list[Move], configure: list[Move]) -> tuple[str, ...]:
    """Who will be due a Configure once the moves are done, beside those due now."""
    if not any(move.action in _MOVES_ONLINE_SET for move in moves):
        return ()
    leaving = {move.instance for move in moves if move.action in (Action.STOP, Action.TERMINATE)}
    leaving |= {name for name, instance in stack.instances.items() if not instance.layers}
    arriving = {move.instance for move in moves if move.action in (Action.START, Action.SETUP)}
    due = {move.instance for move in configure}
    return tuple(
        name
        for name in stack.instances
        if name not in leaving
        and name not in due
        and (name in arriving or (name in state.instances and state.instances[name].state is State.ONLINE))
    )
