"""What holds for every plan, whatever the state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import TRANSITIONS, Desired, Initiator, State
from stackward.planner import Action, Observations, Scope, decide
from stackward.state.records import Claim, Command, CommandStatus, InstanceRecord, MachineRecord, Request, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = ("lb1", "web1", "web2", "db1", "gone1", "gone2")
STACK = small_stack()
EVENTS = [*(event.value for event in Event), "run_recipes"]
FIRST = {
    Action.REGISTER: State.REGISTERING,
    Action.START: State.REQUESTED,
    Action.STOP: State.STOPPING,
    Action.TERMINATE: State.TERMINATING,
    Action.REBOOT: State.REBOOTING,
    Action.SETUP: State.RUNNING_SETUP,
}


@st.composite
def records(draw, name: str) -> InstanceRecord:
    state = draw(st.sampled_from(State))
    layers = STACK.instances[name].layers if name in STACK.instances else ("web",)
    machine = MachineRecord("t", 1, {}, "m", "192.0.2.1") if state is not State.TERMINATED else None
    if state in (State.STOPPED, State.REQUESTED, State.START_FAILED):
        machine = draw(st.sampled_from([None, machine]))
    request = draw(
        st.none()
        | st.builds(
            Request,
            st.sampled_from(Desired),
            st.sampled_from(Initiator),
            st.just("why"),
            st.just(NOW),
            st.sampled_from([None, *Remedy]),
        )
    )
    return InstanceRecord(
        name=name,
        layers=layers if draw(st.booleans()) else ("db", "web"),
        state=state,
        request=request,
        machine=machine,
        configured=draw(st.integers(-1, 5)),
        reboot_wanted=draw(st.booleans()),
    )


@st.composite
def states(draw) -> StackState:
    chosen = draw(st.lists(st.sampled_from(NAMES), unique=True))
    found = {name: draw(records(name)) for name in chosen}
    claims = {
        name: Claim(name, draw(st.integers(1, 3)), "run", "host", 1, 1.0, 1, NOW, NOW + timedelta(seconds=seconds))
        for name in chosen
        for seconds in [draw(st.sampled_from([-5, 60]))]
        if draw(st.booleans())
    }
    commands = tuple(
        Command(
            number,
            number,
            draw(st.sampled_from(chosen)),
            draw(st.sampled_from(EVENTS)),
            {},
            Initiator.USER,
            "why",
            False,
            draw(st.sampled_from([CommandStatus.PENDING, CommandStatus.RUNNING])),
            NOW,
        )
        for number in range(1, draw(st.integers(0, 6)) + 1)
        if chosen
    )
    definition = draw(st.sampled_from([None, STACK.digest, "1" * 64]))
    return StackState("shop", draw(st.integers(0, 5)), found, claims, commands, {}, definition)


dead = st.frozensets(st.integers(1, 3)).map(Observations)
scopes = st.none() | st.frozensets(st.sampled_from(NAMES))


@given(states(), dead, scopes)
def test_an_instance_has_at_most_one_move_and_none_while_another_run_holds_it(state, observations, scope):
    plan = decide(STACK, state, observations, NOW, Scope(scope))
    moved = [move.instance for move in (*plan.moves, *plan.configure)]
    assert len(moved) == len(set(moved))
    for name in moved:
        claim = state.claims.get(name)
        assert claim is None or claim.run in observations.dead_runs or claim.expires <= NOW


@given(states(), dead, scopes)
def test_a_run_moves_nothing_outside_its_scope(state, observations, scope):
    plan = decide(STACK, state, observations, NOW, Scope(scope))
    if scope is not None:
        assert {move.instance for move in plan.moves} <= scope


@given(states(), dead)
def test_every_move_begins_with_a_change_that_its_state_allows(state, observations):
    for move in decide(STACK, state, observations, NOW).moves:
        first = FIRST.get(move.action)
        resumed = move.state is first or move.state in (State.PENDING, State.BOOTING, State.SHUTTING_DOWN)
        going = (State.TERMINATING, State.DEREGISTERING)
        resumed = resumed or (move.action in (Action.STOP, Action.TERMINATE) and move.state in going)
        assert first is None or resumed or first in TRANSITIONS[move.state], (move.action, move.state)


@given(states(), dead)
def test_no_command_is_lost(state, observations):
    plan = decide(STACK, state, observations, NOW)
    carried = {number for move in (*plan.moves, *plan.configure) for number in move.commands}
    ended = {item.command for item in plan.settled}
    assert not carried & ended
    held = {item.instance for item in plan.held}
    busy = {move.instance for move in (*plan.moves, *plan.configure)}
    for command in state.commands:
        assert command.id in carried | ended or command.instance in held | busy


@given(states(), dead)
def test_what_has_left_the_file_is_only_ever_terminated_or_forgotten(state, observations):
    plan = decide(STACK, state, observations, NOW)
    for move in plan.moves:
        assert (move.instance in STACK.instances) or move.action is Action.TERMINATE
    assert not set(plan.departed) & set(STACK.instances)


@given(states(), dead, st.randoms())
def test_a_plan_does_not_depend_on_the_order_in_which_the_state_was_read(state, observations, random):
    shuffled = list(state.instances.items())
    random.shuffle(shuffled)
    commands = list(state.commands)
    random.shuffle(commands)
    again = replace(state, instances=dict(shuffled), commands=tuple(commands))
    first, second = (decide(STACK, each, observations, NOW) for each in (state, again))
    assert {(move.instance, move) for move in first.moves} == {(move.instance, move) for move in second.moves}
    assert set(first.settled) == set(second.settled)


@given(states(), dead)
def test_every_move_has_a_reason_and_an_initiator(state, observations):
    plan = decide(STACK, state, observations, NOW)
    for move in (*plan.moves, *plan.configure):
        assert move.reason
        assert move.initiator in Initiator


@given(states(), dead)
def test_an_online_instance_behind_its_stack_is_never_forgotten(state, observations):
    plan = decide(STACK, state, observations, NOW)
    seen = {move.instance for move in (*plan.moves, *plan.configure)} | {item.instance for item in plan.held}
    for name, record in state.instances.items():
        if name in STACK.instances and record.state is State.ONLINE and record.configured < state.generation:
            assert name in seen
