"""In which batches online instances are set up again, so that their layers go on serving, and whose turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from stackward.definition import deploy_values
from stackward.definition.model import Batch, Stack
from stackward.lifecycle.states import State
from stackward.rollout.batches import size
from stackward.state.records import Command, StackState

SIZE = "batch"
"""The argument of a request for Setup that says how many instances of a layer go at a time, as a stack file does."""

TURN = "turn"
"""The argument of a Setup that says in which batch of its request it is, from 1; one without goes at once."""

TURNS = "turns"
"""The argument that says how many batches there are."""


def in_turn(command: Command) -> bool:
    """Whether the command is a Setup that goes in its batch."""
    return TURN in command.arguments


def arguments_of(
    stack: Stack, state: StackState, names: Sequence[str], arguments: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The arguments of a Setup that is asked for on these instances, by instance.

    Those that are not online serve nobody, so they go at once. Raises Mistake for a size that is none.
    """
    rest = {key: value for key, value in arguments.items() if key != SIZE}
    serving = [name for name in names if _online(state, name)]
    given = arguments.get(SIZE)
    waves = batches(stack, state, serving, None if given is None else deploy_values.batch(given))
    turns = turns_of(waves)
    return {name: {**rest, **turns.get(name, {})} for name in names}


def turns_of(waves: Sequence[Sequence[str]]) -> dict[str, dict[str, int]]:
    """The arguments, by instance, that say in which batch it is set up; none where all go at once."""
    count = len(waves)
    return {name: {TURN: place, TURNS: count} for place, wave in enumerate(waves, 1) for name in wave if count > 1}


def batches(
    stack: Stack, state: StackState, names: Sequence[str], given: Batch | None = None
) -> tuple[tuple[str, ...], ...]:
    """These online instances in the batches in which they are set up, in the order of the file.

    An instance is in the first batch with room in each of its layers: as many of a layer go at a time as its apps are
    deployed to, or as are `given`. Unless given, at least one of the layer stays.
    """
    room = rooms(stack, state, names, given)
    found: list[list[str]] = []
    taken: list[Counter[str]] = []
    # Where each layer has room first: a search from the start each time would be the square of their number.
    free = dict.fromkeys(room, 0)
    for name in names:
        layers = stack.instances[name].layers
        place = max((free[each] for each in layers), default=0)
        while place < len(found) and any(taken[place][each] >= room[each] for each in layers):
            place += 1
        if place == len(found):
            found.append([])
            taken.append(Counter())
        found[place].append(name)
        taken[place].update(layers)
        for each in layers:
            while free[each] < len(taken) and taken[free[each]][each] >= room[each]:
                free[each] += 1
    return tuple(map(tuple, found))


def rooms(stack: Stack, state: StackState, names: Sequence[str], given: Batch | None = None) -> dict[str, int]:
    """How many of each layer go at a time where these are set up."""
    asked = {*names}
    online: dict[str, list[str]] = {layer: [] for layer in stack.layers}
    for name, instance in stack.instances.items():
        for layer in instance.layers if _online(state, name) else ():
            online[layer].append(name)
    return {layer: _room(stack, layer, its, asked, given) for layer, its in online.items()}


def _room(stack: Stack, layer: str, online: Sequence[str], names: Set[str], given: Batch | None) -> int:
    asked = [name for name in online if name in names]
    if given is not None:
        return size(given, len(asked))
    sizes = [app.deploy.batches.get(layer, app.deploy.batch) for app in stack.apps.values() if layer in app.layers]
    wanted = min(size(its, len(asked)) for its in sizes or [Batch()])
    return max(1, min(wanted, len(online) - 1))


def waits(stack: Stack, state: StackState, commands: Iterable[Command]) -> dict[int, str]:
    """By command, why a Setup that goes in its batch has to wait now; "" where an earlier batch is not done.

    `commands` are those that are not finished and will not end by themselves.
    """
    setups = sorted((command for command in commands if in_turn(command)), key=_place)
    current: dict[int, int] = {}
    together: dict[tuple[int, int], set[str]] = {}
    for command in setups:
        current.setdefault(command.batch, command.arguments[TURN])
        together.setdefault(_place(command), set()).add(command.instance)
    running = [name for name in state.instances if _set_up_again(state, name)] if setups else []
    older: dict[int, list[str]] = {batch: [item.instance for item in setups if item.batch < batch] for batch in current}
    found = {}
    for command in setups:
        if current[command.batch] < command.arguments[TURN]:
            found[command.id] = ""
            continue
        others = [name for name in running if name not in together[_place(command)]]
        busy = [name for name in dict.fromkeys([*others, *older[command.batch]]) if _beside(stack, command, name)]
        if busy:
            found[command.id] = f"{', '.join(busy)} of its layers {'is' if len(busy) == 1 else 'are'} set up before it"
    return found


def _place(command: Command) -> tuple[int, int]:
    """Where a Setup is in the order of all: older requests come first."""
    return command.batch, command.arguments[TURN]


def _beside(stack: Stack, command: Command, other: str) -> bool:
    """Whether another instance has a layer of the one that a command is for."""
    name = command.instance
    if name == other or name not in stack.instances or other not in stack.instances:
        return False
    return bool({*stack.instances[name].layers} & {*stack.instances[other].layers})


def _set_up_again(state: StackState, name: str) -> bool:
    """Whether an instance that was online is being set up: one that starts has a request."""
    record = state.instances.get(name)
    return record is not None and record.state is State.RUNNING_SETUP and record.request is None


def stopped(command: Command, commands: Iterable[Command], failed: str) -> bool:
    """Whether a Setup is not begun any more, as one of `commands`, those of its request, failed on an earlier one."""
    earlier = (item for item in commands if item.batch == command.batch and in_turn(item) and item.instance == failed)
    return in_turn(command) and any(item.arguments[TURN] < command.arguments[TURN] for item in earlier)


def _online(state: StackState, name: str) -> bool:
    return name in state.instances and state.instances[name].state is State.ONLINE


def in_batches(commands: Iterable[Command]) -> dict[int, tuple[tuple[str, ...], ...]]:
    """By request, the instances whose Setup goes in a batch and is not finished, batch after batch."""
    by_request: dict[int, dict[int, list[str]]] = {}
    for command in commands:
        if in_turn(command):
            turn = by_request.setdefault(command.batch, {}).setdefault(command.arguments[TURN], [])
            turn.append(command.instance)
    return {batch: tuple(tuple(turns[turn]) for turn in sorted(turns)) for batch, turns in by_request.items()}
