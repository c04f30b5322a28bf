"""Whether there is room for the next batch of a rollout beside what healing and scaling take away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackward import blast_radius
from stackward.definition.model import Stack
from stackward.rollout.turns import UNCHANGED, WAVE, Turns, rolling
from stackward.state.records import Command, CommandStatus, StackState


def without_room(stack: Stack, state: StackState, commands: Iterable[Command], order: Turns) -> Mapping[int, str]:
    """By rollout, why its batch has to wait although it is its turn. One that has begun is never kept."""
    down = blast_radius.in_healing(state) | blast_radius.leaving(state)
    if not down:
        return {}
    batches: dict[int, list[Command]] = {}
    for command in commands:
        changes = rolling(command) and not command.arguments.get(UNCHANGED)
        if changes and command.arguments[WAVE] == order.current[command.batch]:
            batches.setdefault(command.batch, []).append(command)
    found = {
        batch: blast_radius.beside(stack, {command.instance for command in its}, down)
        for batch, its in batches.items()
        if all(command.status is CommandStatus.PENDING for command in its)
    }
    return {batch: why for batch, why in found.items() if why}
