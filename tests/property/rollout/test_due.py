"""Whatever becomes of what the stack file has set up again, its layers go on serving, and all get their turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Batch, Instance, Layer, Stack
from stackward.lifecycle.states import State
from stackward.planner import Action, Observations, Scope, decide
from stackward.rollout import setups
from stackward.state.records import CommandStatus, InstanceRecord, MachineRecord, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LAYERS = ("web", "api", "db")
SIZES = st.none() | st.builds(Batch, count=st.integers(1, 4)) | st.builds(Batch, share=st.floats(0.1, 0.9))


@st.composite
def stacks(draw) -> tuple[Stack, StackState]:
    """Instances of some layers, most of them online, and a file that gives some of them one more."""
    count = draw(st.integers(1, 8))
    before = {
        f"box{number}": tuple(sorted(draw(st.sets(st.sampled_from(LAYERS), min_size=1, max_size=2))))
        for number in range(count)
    }
    more = draw(st.sets(st.sampled_from(sorted(before))))
    records = {
        name: InstanceRecord(
            name,
            its,
            draw(st.sampled_from([*[State.ONLINE] * 4, State.STOPPED])),
            machine=MachineRecord("t", 1, {}, "m", "192.0.2.7"),
        )
        for name, its in before.items()
    }
    stack = replace(
        small_stack(apps=False),
        layers={name: Layer(name) for name in (*LAYERS, "extra")},
        instances={name: Instance(name, (*its, "extra") if name in more else its) for name, its in before.items()},
    )
    return stack, StackState("shop", 0, records, {}, (), {}, definition=stack.digest)


def written(stack: Stack, state: StackState, scope: Scope) -> StackState:
    """The state once the Setups that are asked for have been written down, as a claim does it."""
    asked = decide(stack, state, Observations(), NOW, scope).asked
    newest = 1 + max([0, *(command.id for command in state.commands)])
    its = tuple(replace(item, id=newest + order, batch=newest) for order, item in enumerate(asked))
    return replace(state, commands=(*state.commands, *its))


def changed(state: StackState, name: str, /, **changes: object) -> StackState:
    return replace(state, instances={**state.instances, name: replace(state.instances[name], **changes)})


def by_layer(stack: Stack, state: StackState, among: Mapping[str, tuple[str, ...]], where: State) -> dict[str, int]:
    """How many of each layer are in a state, of the layers that they had to begin with."""
    return {
        layer: sum(state.instances[name].state is where and layer in among[name] for name in stack.instances)
        for layer in LAYERS
    }


@given(stacks(), SIZES, st.data())
def test_one_of_a_layer_goes_on_serving_and_all_are_set_up_in_the_end_but_beside_one_that_failed(situation, size, data):
    stack, state = situation
    scope = Scope(batch=size)
    had = {name: record.layers for name, record in state.instances.items()}
    serving = by_layer(stack, state, had, State.ONLINE)
    due = {name for name, its in had.items() if its != stack.instances[name].layers}
    due &= {name for name, record in state.instances.items() if record.state is State.ONLINE}
    rooms = setups.rooms(stack, state, tuple(name for name in stack.instances if name in due), size)
    single = len(setups.batches(stack, state, tuple(name for name in stack.instances if name in due), size)) < 2
    failed: set[str] = set()
    for _ in range(60):
        state = written(stack, state, scope)
        plan = decide(stack, state, Observations(), NOW, scope)
        running = [name for name, its in state.instances.items() if its.state is State.RUNNING_SETUP]
        begun = [move for move in plan.moves if move.action is Action.SETUP and move.state is State.ONLINE]
        if not running and not begun:
            break
        name = data.draw(st.sampled_from([*running, *(move.instance for move in begun)]))
        if name not in running:
            state = changed(state, name, state=State.RUNNING_SETUP, layers=stack.instances[name].layers)
            state = replace(
                state,
                commands=tuple(
                    replace(item, status=CommandStatus.RUNNING) if item.instance == name else item
                    for item in state.commands
                ),
            )
        else:
            fails = data.draw(st.booleans()) and not failed
            failed |= {name} if fails else set()
            state = changed(state, name, state=State.SETUP_FAILED if fails else State.ONLINE)
            left = tuple(item for item in state.commands if item.instance != name)
            if fails:
                left = tuple(item for item in left if not setups.stopped(item, state.commands, name))
            state = replace(state, commands=left)
        busy = by_layer(stack, state, had, State.RUNNING_SETUP)
        for layer in LAYERS:
            assert single or busy[layer] <= rooms[layer]
            if size is None and serving[layer] > 1:
                assert by_layer(stack, state, had, State.ONLINE)[layer] >= 1
    else:
        raise AssertionError("it does not come to an end")
    assert not state.commands
    for name in due - failed:
        beside = any({*stack.instances[name].layers} & {*stack.instances[other].layers} for other in failed)
        assert beside or state.instances[name].layers == stack.instances[name].layers
