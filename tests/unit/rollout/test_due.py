"""What the stack file has set up again goes in batches, as if somebody had asked, and waits for those that failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.definition.model import Batch, Instance, Layer, Volume
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Observations, Scope, decide
from stackward.presentation.plan import plan_lines
from stackward.rollout import due
from stackward.state.records import Command, CommandStatus, InstanceRecord, MachineRecord, Request, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = ("web1", "web2", "web3")
BEFORE = small_stack(dict.fromkeys(NAMES, ("web",)), apps=False)
STACK = replace(
    BEFORE,
    layers={**BEFORE.layers, "extra": Layer("extra")},
    instances={name: Instance(name, ("web", "extra")) for name in NAMES},
)
WHY = "its layers were web and are web, extra now"


def record(name, **changes):
    given = {"state": State.ONLINE, "machine": MachineRecord("t", 1, {}, "m", "192.0.2.7"), "configured": 1}
    return InstanceRecord(name, **{"layers": ("web",), **given, **changes})


def state(commands=(), **changes):
    records = {name: record(name, **changes.get(name, {})) for name in NAMES}
    return StackState("shop", 1, records, {}, tuple(commands), {}, definition=STACK.digest)


def command(number, instance, **arguments):
    return Command(
        number, 1, instance, "setup", arguments, Initiator.USER, "asked", False, CommandStatus.PENDING, NOW
    )  # fmt: skip


def plan(*commands, batch=None, names=None, **changes):
    scope = Scope(None if names is None else frozenset(names), batch=batch)
    return decide(STACK, state(commands, **changes), Observations(), NOW, scope)


def moves(found):
    return [(move.instance, move.action, move.in_turn) for move in found.moves]


def later(found):
    return [(item.instance, item.wave, item.why) for item in found.waiting]


def test_those_that_are_given_a_layer_go_in_the_batches_of_a_setup():
    found = plan()
    assert moves(found) == [("web1", Action.SETUP, True)]
    assert found.moves[0].reason == WHY
    assert later(found) == [("web2", 2, ""), ("web3", 3, "")]
    assert plan_lines(STACK, found, state())[:3] == (
        "shop: setup in 3 batches: web1 | web2 | web3",
        f"shop: web1: setup (online; user: {WHY})",
        "shop: web2: setup (later: it is in batch 2)",
    )


def test_a_size_that_is_given_is_that_of_the_batches():
    assert len(plan(batch=Batch(count=2)).moves) == 2
    assert moves(plan(batch=Batch(share=1.0))) == [(name, Action.SETUP, False) for name in NAMES]


def test_a_run_that_is_about_some_takes_only_those():
    found = plan(names=["web2", "web3"])
    assert [item.instance for item in found.asked] == ["web2", "web3"]
    assert (moves(found), later(found)) == ([("web2", Action.SETUP, True)], [("web3", 2, "")])


def test_one_that_waits_is_told_what_has_changed_meanwhile():
    assert [move.instance for move in plan(web3={"configured": 0}).configure] == ["web3"]


@pytest.mark.parametrize(
    "its",
    [
        {"state": State.STOPPED},
        {"state": State.SETUP_FAILED},
        {"request": Request(Desired.STOPPED, Initiator.USER, "asked", NOW)},
        {"reboot_wanted": True},
        {"layers": ("web", "extra")},
        {"layers": ("web", "left")},
    ],
)
def test_only_who_is_online_and_stays_so_is_due_one(its):
    assert "web3" not in {item.instance for item in plan(web3=its).asked}


def test_a_setup_that_somebody_has_asked_for_is_the_one_that_is_due():
    found = plan(*(command(number, name) for number, name in enumerate(NAMES, 1)))
    assert found.asked == ()
    assert [move.commands for move in found.moves] == [(1,), (2,), (3,)]


def test_where_one_of_a_layer_has_failed_the_others_are_left_as_they_are_until_it_is_mended():
    failed = {"state": State.SETUP_FAILED, "layers": ("web", "extra")}
    found = plan(web1=failed)
    assert (found.asked, found.moves) == ((), ())
    assert plan_lines(STACK, found, state(web1=failed)) == (
        "shop: nothing to do",
        f"shop: web2: drift: {WHY}, but not before web1 is online again: its Setup has failed",
        f"shop: web3: drift: {WHY}, but not before web1 is online again: its Setup has failed",
    )
    assert [move.instance for move in plan(web1={"layers": ("web", "extra")}).moves] == ["web2"]
    asked = plan(command(1, "web2"), web1=failed)
    assert moves(asked) == [("web2", Action.SETUP, False)]


def test_a_failure_in_other_layers_keeps_nobody():
    apart = replace(STACK, instances={**STACK.instances, "web1": Instance("web1", ("db",))})
    assert due.kept_by(apart, state(web1={"state": State.SETUP_FAILED})) == {}


def test_a_volume_that_an_instance_is_given_while_it_runs_is_a_reason_too():
    machine = MachineRecord("t", 1, {"volumes": [], "takes_volumes": "now"}, "m", "192.0.2.7")
    with_volume = replace(
        BEFORE, instances={name: Instance(name, ("web",), volumes=(Volume("/srv"),)) for name in NAMES}
    )
    given = {name: {"machine": machine} for name in NAMES}
    found = decide(with_volume, state(**given), Observations(), NOW)
    assert moves(found) == [("web1", Action.SETUP, True)]
    assert found.moves[0].reason == "volume /srv: new in the stack file"


def test_until_then_an_online_instance_has_the_layers_that_it_was_set_up_for():
    there = due.as_set_up(STACK, state(web1={"layers": ("web", "extra")}, web2={"state": State.RUNNING_SETUP}))
    assert {name: its.layers for name, its in there.instances.items()} == {
        "web1": ("web", "extra"),
        "web2": ("web", "extra"),
        "web3": ("web",),
    }
    assert due.as_set_up(BEFORE, state()) is BEFORE


def test_what_an_instance_leaves_it_leaves_as_the_file_says():
    left = due.as_set_up(STACK, state(web1={"layers": ("web", "left")}))
    assert left.instances["web1"].layers == ("web", "extra")
