"""What the commands of an instance ask for: what runs now, what waits for its batch, what ends without running."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator, State
from stackward.planner.plan import Action, Move, Settled, Waiting
from stackward.rollout import setups as batched
from stackward.rollout.turns import UNCHANGED, WAVE, Turn, Turns, rolling
from stackward.state.records import Command, CommandStatus, InstanceRecord

SETUP_AGAIN = frozenset({State.ONLINE, State.SETUP_FAILED, State.RUNNING_SETUP})
"""Where a Setup may begin."""


def commanded(
    record: InstanceRecord, commands: tuple[Command, ...], overdue: str, order: Turns
) -> tuple[Move | None, tuple[Settled, ...]]:
    """What the commands of an instance make of it, and those that end without running.

    `overdue` says why it is due a Configure that nobody has asked for, "" if it is not.
    """
    if record.state not in SETUP_AGAIN:
        return None, unreachable(commands, f"{record.name} is {record.state.value}, not online")
    setups = [command for command in commands if command.event == Event.SETUP.value]
    waits = bool(setups) and record.state is State.ONLINE and setups[-1].id in order.setups
    older = _superseded(setups)
    if setups and not waits:
        last = setups[-1]
        in_turn = record.state is State.ONLINE and batched.in_turn(last)
        move = Move(record.name, Action.SETUP, record.state, last.initiator, last.reason, (last.id,), in_turn=in_turn)
        return move, older
    if record.state is State.RUNNING_SETUP:
        return Move(record.name, Action.SETUP, record.state, Initiator.USER, "a Setup was cut short"), ()
    if record.state is not State.ONLINE:
        return None, unreachable(commands, f"{record.name} is {record.state.value}, not online")
    configures = [command for command in commands if command.event == Event.CONFIGURE.value]
    others = tuple(command for command in commands if command.event not in (Event.CONFIGURE.value, Event.SETUP.value))
    never = (*older, *_never(others, order))
    over = {item.command for item in never}
    # What was asked for beside a Setup comes after it.
    step = None if waits else _run(record, [command for command in others if command.id not in over], order)
    if step is not None:
        return step, never
    if configures or overdue:
        ended = (*never, *_superseded(configures))
        ids = (configures[-1].id,) if configures else ()
        why = overdue or configures[-1].reason
        initiator = configures[-1].initiator if configures else Initiator.USER
        return Move(record.name, Action.CONFIGURE, record.state, initiator, why, ids), ended
    return None, never


def postponed(commands: Iterable[Command], ended: Iterable[Settled], order: Turns) -> tuple[Waiting, ...]:
    """The commands whose batch comes later, but for those that end."""
    over = {item.command for item in ended}
    left = [command for command in commands if command.id not in over]
    deploys = tuple(
        Waiting(command.instance, command.id, command.batch, command.arguments[WAVE], order.why_kept(command))
        for command in left
        if rolling(command) and order.of(command) is Turn.WAITS
    )
    setups = tuple(
        Waiting(
            command.instance,
            command.id,
            command.batch,
            command.arguments[batched.TURN],
            order.setups[command.id],
            Action.SETUP,
        )
        for command in left
        if command.id in order.setups
    )
    return deploys + setups


def _superseded(commands: Sequence[Command]) -> tuple[Settled, ...]:
    """Those of several commands that ask for the same: all but the last one."""
    return tuple(
        Settled(command.id, command.instance, CommandStatus.SUPERSEDED, f"command {commands[-1].id} asks for the same")
        for command in commands[:-1]
    )


def unreachable(commands: Iterable[Command], reason: str) -> tuple[Settled, ...]:
    """These commands as ended, as their instance cannot carry them out."""
    return tuple(Settled(command.id, command.instance, CommandStatus.SKIPPED, reason) for command in commands)


def _never(commands: Iterable[Command], order: Turns) -> tuple[Settled, ...]:
    """The commands of rollouts that have failed before it was their turn."""
    return tuple(
        Settled(
            command.id, command.instance, CommandStatus.SKIPPED, f"stopped: {order.rollouts[command.batch].failure}"
        )
        for command in commands
        if rolling(command) and order.of(command) is Turn.NEVER
    )


def _run(record: InstanceRecord, commands: Sequence[Command], order: Turns) -> Move | None:
    """What is done of these commands now: those before the first one of a rollout, or that one if it is its turn."""
    if not commands:
        return None
    first = commands[0]
    if not rolling(first):
        together = tuple(takewhile(lambda command: not rolling(command), commands))
        ids = tuple(command.id for command in together)
        events = tuple(command.event for command in together)
        return Move(record.name, Action.RUN, record.state, first.initiator, first.reason, ids, events)
    if order.of(first) is Turn.WAITS:
        return None
    action = Action.REFRESH if first.arguments.get(UNCHANGED) else Action.DEPLOY
    return Move(record.name, action, record.state, first.initiator, first.reason, (first.id,))
