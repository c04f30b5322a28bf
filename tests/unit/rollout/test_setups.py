"""In which batches online instances are set up again, and whose turn it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.definition.mistake import Mistake
from stackward.definition.model import Batch, Deploying
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Observations, Scope, decide
from stackward.rollout import setups
from stackward.state.records import Command, CommandStatus, InstanceRecord, MachineRecord, Request, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = ("web1", "web2", "web3")
STACK = small_stack(dict.fromkeys(NAMES, ("web",)))


def record(name, layers=("web",), **changes):
    given = {"state": State.ONLINE, "machine": MachineRecord("t", 1, {}, "m", "192.0.2.7"), "configured": 1}
    return InstanceRecord(name, layers, **{**given, **changes})


def state(commands=(), stack=STACK, **changes):
    records = {name: record(name, its.layers, **changes.get(name, {})) for name, its in stack.instances.items()}
    return StackState("shop", 1, records, {}, tuple(commands), {}, definition=stack.digest)


def command(number, instance, turn, status=CommandStatus.PENDING, batch=1):
    arguments = {} if turn is None else {setups.TURN: turn, setups.TURNS: 2}
    return Command(number, batch, instance, "setup", arguments, Initiator.USER, "asked", False, status, NOW)


def batched(stack, *names, given=None, **changes):
    return setups.batches(stack, state(stack=stack, **changes), names or tuple(stack.instances), given)


def plan(commands, **changes):
    return decide(STACK, state(commands, **changes), Observations(), NOW, Scope())


def moves(found):
    return [(move.instance, move.action, move.in_turn) for move in found.moves]


def later(found):
    return [(item.instance, item.action, item.wave, item.why) for item in found.waiting]


def with_batch(stack, size):
    app = replace(stack.apps["storefront"], deploy=Deploying(batch=size))
    return replace(stack, apps={"storefront": app})


def test_as_many_of_a_layer_go_at_a_time_as_its_apps_are_deployed_to():
    four = small_stack({f"web{number}": ("web",) for number in range(1, 5)})
    assert batched(four) == (("web1",), ("web2",), ("web3",), ("web4",))
    assert batched(with_batch(four, Batch(count=2))) == (("web1", "web2"), ("web3", "web4"))


def test_one_of_a_layer_stays_whatever_its_deploys_may_take():
    assert batched(with_batch(STACK, Batch(share=1.0))) == (("web1", "web2"), ("web3",))
    assert batched(small_stack({"web1": ("web",)})) == (("web1",),)


def test_where_others_of_the_layer_stay_all_that_are_meant_may_go_together():
    assert batched(with_batch(STACK, Batch(share=1.0)), "web1", "web2") == (("web1", "web2"),)
    assert batched(with_batch(STACK, Batch(share=1.0)), "web1", "web2", web3={"state": State.STOPPED}) == (
        ("web1",),
        ("web2",),
    )


def test_a_size_that_is_asked_for_counts_for_every_layer():
    assert batched(STACK, given=Batch(count=2)) == (("web1", "web2"), ("web3",))
    assert batched(STACK, given=Batch(share=1.0)) == (NAMES,)


def test_an_instance_counts_in_each_of_its_layers():
    stack = small_stack({"both": ("web", "db"), "web1": ("web",), "db1": ("db",)})
    assert batched(stack) == (("both",), ("web1", "db1"))


def test_layers_go_side_by_side():
    stack = small_stack({"web1": ("web",), "web2": ("web",), "db1": ("db",), "db2": ("db",)})
    assert batched(stack) == (("web1", "db1"), ("web2", "db2"))


def test_who_is_not_online_goes_at_once():
    planned = setups.arguments_of(STACK, state(web2={"state": State.SETUP_FAILED}), NAMES, {"attributes": {"a": 1}})
    assert planned["web2"] == {"attributes": {"a": 1}}
    assert [planned[name][setups.TURN] for name in ("web1", "web3")] == [1, 2]


def test_a_single_batch_is_none():
    assert setups.arguments_of(STACK, state(), ["web1"], {"batch": 1}) == {"web1": {}}


def test_a_size_that_is_none_is_refused():
    with pytest.raises(Mistake):
        setups.arguments_of(STACK, state(), NAMES, {"batch": "all"})


TWO = [command(1, "web1", 1), command(2, "web2", 2), command(3, "web3", 2)]


def test_only_the_first_batch_has_its_turn_and_the_others_wait():
    found = plan(TWO)
    assert moves(found) == [("web1", Action.SETUP, True)]
    assert later(found) == [("web2", Action.SETUP, 2, ""), ("web3", Action.SETUP, 2, "")]


def test_the_next_batch_waits_for_the_deploys_that_belong_to_the_setups_before_it():
    found = plan(TWO[1:], web1={"state": State.RUNNING_SETUP})
    assert moves(found) == [("web1", Action.SETUP, False)]
    assert later(found)[0] == ("web2", Action.SETUP, 2, "web1 of its layers is set up before it")


def test_it_does_not_wait_for_an_instance_that_starts():
    started = {"state": State.RUNNING_SETUP, "request": Request(Desired.ONLINE, Initiator.USER, "asked", NOW)}
    assert ("web2", Action.SETUP, True) in moves(plan(TWO[1:], web1=started))


def test_those_of_one_batch_do_not_wait_for_each_other():
    found = plan([command(1, "web1", 1, CommandStatus.RUNNING), command(2, "web2", 1), command(3, "web3", 2)],
                 web1={"state": State.RUNNING_SETUP})  # fmt: skip
    assert moves(found) == [("web1", Action.SETUP, False), ("web2", Action.SETUP, True)]


def test_a_later_request_waits_for_an_older_one_of_the_same_layer():
    found = plan([command(1, "web1", 1), command(2, "web2", 2), command(3, "web3", 1, batch=3)])
    assert moves(found) == [("web1", Action.SETUP, True)]
    assert later(found)[1] == ("web3", Action.SETUP, 1, "web1, web2 of its layers are set up before it")


def test_who_waits_learns_what_has_changed_meanwhile():
    found = plan(TWO, web2={"configured": 0})
    assert [move.instance for move in found.configure] == ["web2"]


def test_one_that_is_asked_for_again_keeps_nobody_waiting():
    found = plan([*TWO, command(4, "web2", None, batch=4)])
    assert ("web2", Action.SETUP, False) in moves(found)
    assert [(item.command, item.status) for item in found.settled] == [(2, CommandStatus.SUPERSEDED)]


def test_an_instance_that_is_being_stopped_keeps_nobody_waiting():
    found = plan(TWO[:2], web1={"request": Request(Desired.STOPPED, Initiator.USER, "asked", NOW)})
    assert moves(found) == [("web1", Action.STOP, False), ("web2", Action.SETUP, True)]


def test_a_failure_stops_those_of_later_batches_alone():
    commands = [*TWO, command(4, "web3", 1, batch=4)]
    assert [setups.stopped(item, commands, "web1") for item in commands] == [False, True, True, False]
    assert [setups.stopped(item, commands, "web2") for item in commands] == [False] * 4
