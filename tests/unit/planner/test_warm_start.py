"""What the start of a warm instance leaves out of Setup."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Recipe, RecipeType
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Move, Plan
from stackward.planner.warm_start import left_out, told
from stackward.presentation.plan import plan_lines
from stackward.presentation.scaling import scaling_lines
from stackward.rollout.contents import ATTRIBUTES, Contents, of_instance
from stackward.scaling.combine import Decision, Wish
from stackward.state.records import InstanceRecord, MachineRecord, StackState
from tests.stacks import small_stack

ROLES = ("one", "two", "three")
PARTS = tuple(f"role {name} of web" for name in ROLES)
BUILT_IN = "the built-in part of web"
SMALL = small_stack()
WEB = replace(SMALL.layers["web"], recipes={Event.SETUP: tuple(Recipe(RecipeType.ROLE, name) for name in ROLES)})
STACK = replace(
    SMALL,
    layers={**SMALL.layers, "web": WEB},
    instances={**SMALL.instances, "web1": replace(SMALL.instances["web1"], pooled=True)},
)
MACHINE = MachineRecord("t", 0, {}, id="m", address="192.0.2.1")
START = Move("web1", Action.START, State.STOPPED, Initiator.AUTO_SCALING, "load")


def would_run(texts=("1", "1", "1"), built_in="1") -> Contents:
    return Contents({"web": {Event.SETUP: {BUILT_IN: built_in, **dict(zip(PARTS, texts, strict=True))}}})


def ran(contents: Contents) -> InstanceRecord:
    parts = of_instance(STACK, STACK.instances["web1"], contents, Event.SETUP)
    return InstanceRecord("web1", ("web",), State.STOPPED, machine=MACHINE, ran={Event.SETUP: parts})


def test_where_nothing_has_changed_no_recipe_of_setup_runs():
    assert left_out(STACK, START, ran(would_run()), would_run()) == PARTS


def test_from_the_first_change_on_everything_runs():
    assert left_out(STACK, START, ran(would_run()), would_run(("1", "2", "1"))) == PARTS[:1]
    assert left_out(STACK, START, ran(would_run()), would_run(built_in="2")) == ()
    told_more = replace(STACK, attributes={**STACK.attributes, "motd": "other"})
    assert left_out(told_more, START, ran(would_run()), would_run()) == ()


def test_everything_runs_on_whatever_is_not_warm():
    record, now = ran(would_run()), would_run()
    assert left_out(STACK, START, replace(record, ran={}), now) == ()
    assert left_out(STACK, START, replace(record, machine=None), now) == ()
    assert left_out(STACK, replace(START, initiator=Initiator.AUTO_HEALING), record, now) == ()
    assert left_out(STACK, replace(START, action=Action.SETUP), record, now) == ()
    assert left_out(replace(STACK, instances=SMALL.instances), START, record, now) == ()
    assert left_out(replace(STACK, instances={}), START, record, now) == ()


@given(st.tuples(*[st.sampled_from("12")] * 4), st.tuples(*[st.sampled_from("12")] * 4))
def test_what_is_left_out_and_what_runs_make_up_setup_and_no_change_is_left_out(before, after):
    was, now = would_run(before[1:], before[0]), would_run(after[1:], after[0])
    record = ran(was)
    names = left_out(STACK, START, record, now)
    assert names == PARTS[: len(names)]
    parts = of_instance(STACK, STACK.instances["web1"], now, Event.SETUP)
    assert all(record.ran[Event.SETUP][name] == parts[name] for name in names)
    if before == after:
        assert names == PARTS
    elif names:
        assert parts[BUILT_IN] == record.ran[Event.SETUP][BUILT_IN]
    assert ATTRIBUTES not in names


def test_the_plan_says_what_is_left_out():
    record = ran(would_run())
    state = StackState(STACK.name, 1, {"web1": record}, {}, (), {})
    (line, *_) = plan_lines(STACK, Plan(moves=(START,)), state, would_run(("1", "1", "2")))
    assert line.endswith(f"; Setup leaves out what has not changed since it ran there: {PARTS[0]}, {PARTS[1]}")
    (line, *_) = plan_lines(STACK, Plan(moves=(START,)), state, would_run(("2", "1", "2")))
    assert "leaves out" not in line
    assert told(()) == ""


def test_the_plan_says_it_also_of_what_the_next_look_would_start():
    wishes = (Wish("web1", Desired.ONLINE, "load"), Wish("web2", Desired.ONLINE, "load"))
    names = {"web1": left_out(STACK, START, ran(would_run()), would_run())}
    first, second = scaling_lines(STACK, Decision(wishes), names)
    assert first.endswith(f"(load); Setup leaves out what has not changed since it ran there: {', '.join(PARTS)}")
    assert second.endswith("(load)")
