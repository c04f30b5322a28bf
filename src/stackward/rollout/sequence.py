"""The order in which a run goes through the batches of all rollouts that are under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stackward.definition.model import Stack
from stackward.lifecycle.states import State
from stackward.rollout.turns import UNCHANGED, WAVE, rolling
from stackward.state.records import Command, StackState


def left(stack: Stack, state: StackState, covers: Callable[[str], bool]) -> tuple[Command, ...]:
    """The commands of rollouts under way that can be carried out now, on those of the instances that `covers` names."""
    return tuple(
        command
        for command in state.commands
        if command.batch in state.rollouts
        and command.instance in stack.instances
        and covers(command.instance)
        and state.instances[command.instance].state is State.ONLINE
    )


def sequence(commands: Iterable[Command]) -> tuple[tuple[str, ...], ...]:
    """The instances of the commands in batches, each instance once.

    Rollouts go side by side. One that shares an instance with an older one is left to a later look.
    """
    by_rollout: dict[int, list[Command]] = {}
    for command in commands:
        if rolling(command) and not command.arguments.get(UNCHANGED):
            by_rollout.setdefault(command.batch, []).append(command)
    batches: list[list[str]] = []
    taken: set[str] = set()
    for rollout in sorted(by_rollout):
        its = by_rollout[rollout]
        names = {command.instance for command in its}
        if names & taken:
            continue
        taken |= names
        waves = sorted({command.arguments[WAVE] for command in its})
        for place, wave in enumerate(waves):
            if place == len(batches):
                batches.append([])
            batches[place].extend(command.instance for command in its if command.arguments[WAVE] == wave)
    return tuple(map(tuple, batches))
