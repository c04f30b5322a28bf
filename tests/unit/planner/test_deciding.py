"""What the planner decides for each situation of an instance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Observations, Scope, decide
from stackward.state.records import (
    Claim,
    Command,
    CommandStatus,
    InstanceRecord,
    MachineRecord,
    Request,
    StackState,
)
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MACHINE = MachineRecord(token="t", attempt=1, parameters={}, id="m", address="192.0.2.7")


def request(desired, initiator=Initiator.USER):
    return Request(desired, initiator, "because", NOW)


def record(name="web1", state=State.ONLINE, **changes):
    given = {"machine": MACHINE if state is not State.STOPPED else None, "configured": 3}
    layers = {"lb1": ("lb",), "db1": ("db",)}.get(name, ("web",))
    return InstanceRecord(name=name, layers=layers, state=state, **{**given, **changes})


def state_of(*records, generation=3, claims=(), commands=()):
    return StackState(
        name="shop",
        generation=generation,
        instances={item.name: item for item in records},
        claims={claim.instance: claim for claim in claims},
        commands=tuple(commands),
        deployments={},
    )


def command(number, event, instance="web1", status=CommandStatus.PENDING, **changes):
    given = {
        "id": number,
        "batch": number,
        "instance": instance,
        "event": event,
        "arguments": {},
        "initiator": Initiator.USER,
        "reason": "asked",
        "automatic": False,
        "status": status,
        "created": NOW,
    }
    return Command(**{**given, **changes})


def claim(instance="web1", run=7, expires=NOW + timedelta(seconds=60)):
    return Claim(instance, run, "converge#7 on ctl", "ctl", 1, 1.0, 1, NOW, expires)


def plan(state, *, stack=None, dead=(), scope=None):
    observations = Observations(frozenset(dead))
    if scope is None:
        return decide(stack or small_stack(), state, observations, NOW)
    return decide(stack or small_stack(), state, observations, NOW, Scope(frozenset(scope)))


def moves(state, **options):
    return {(move.instance, move.action) for move in plan(state, **options).moves}


def test_an_instance_that_nobody_asked_for_stays_stopped():
    found = plan(state_of())
    assert found.empty
    assert found.idle == ("lb1", "web1", "web2", "db1")


@pytest.mark.parametrize(
    ("state", "desired", "action"),
    [
        (State.STOPPED, Desired.ONLINE, Action.START),
        (State.START_FAILED, Desired.ONLINE, Action.START),
        (State.STOP_FAILED, Desired.ONLINE, Action.START),
        (State.REQUESTED, Desired.ONLINE, Action.START),
        (State.BOOTING, Desired.ONLINE, Action.START),
        (State.CONNECTION_LOST, Desired.ONLINE, Action.START),
        (State.SETUP_FAILED, Desired.ONLINE, Action.SETUP),
        (State.RUNNING_SETUP, Desired.ONLINE, Action.SETUP),
        (State.STOPPING, Desired.ONLINE, Action.STOP),
        (State.ONLINE, Desired.STOPPED, Action.STOP),
        (State.SETUP_FAILED, Desired.STOPPED, Action.STOP),
        (State.BOOTING, Desired.STOPPED, Action.STOP),
        (State.SHUTTING_DOWN, Desired.STOPPED, Action.STOP),
        (State.ONLINE, Desired.TERMINATED, Action.TERMINATE),
        (State.TERMINATING, Desired.TERMINATED, Action.TERMINATE),
    ],
)
def test_a_request_moves_an_instance_towards_what_is_wanted(state, desired, action):
    assert moves(state_of(record(state=state, request=request(desired)))) == {("web1", action)}


@pytest.mark.parametrize(("state", "desired"), [(State.ONLINE, Desired.ONLINE), (State.STOPPED, Desired.STOPPED)])
def test_a_request_for_what_is_so_already_is_fulfilled(state, desired):
    found = plan(state_of(record(state=state, request=request(desired))))
    assert (found.moves, found.fulfilled) == ((), ("web1",))


def test_a_move_says_who_wanted_it():
    found = plan(state_of(record(state=State.STOPPED, request=request(Desired.ONLINE, Initiator.AUTO_HEALING))))
    assert found.moves[0].initiator is Initiator.AUTO_HEALING
    assert found.moves[0].reason == "because"


def test_an_instance_that_a_living_run_holds_is_left_to_it():
    found = plan(state_of(record(request=request(Desired.STOPPED)), claims=[claim()]))
    assert found.moves == ()
    assert [item.instance for item in found.held] == ["web1"]


def test_a_dead_run_holds_nothing():
    assert moves(state_of(record(request=request(Desired.STOPPED)), claims=[claim()]), dead=[7]) == {
        ("web1", Action.STOP)
    }


def test_an_expired_claim_holds_nothing():
    old = claim(expires=NOW)
    assert moves(state_of(record(request=request(Desired.STOPPED)), claims=[old])) == {("web1", Action.STOP)}


def test_an_online_instance_behind_the_generation_is_due_a_configure():
    found = plan(state_of(record(configured=2), record(name="web2", configured=3)))
    assert [move.instance for move in found.configure] == ["web1"]
    assert "generation 3" in found.configure[0].reason


def test_only_the_last_of_several_asked_configures_runs():
    found = plan(state_of(record(), commands=[command(1, "configure"), command(2, "configure")]))
    assert [(move.action, move.commands) for move in found.configure] == [(Action.CONFIGURE, (2,))]
    assert [(item.command, item.status) for item in found.settled] == [(1, CommandStatus.SUPERSEDED)]


def test_commands_of_an_instance_run_in_the_order_in_which_they_were_asked():
    asked = [command(2, "deploy"), command(1, "run_recipes"), command(3, "configure")]
    found = plan(state_of(record(configured=0), commands=asked))
    assert [(move.action, move.commands) for move in found.moves] == [(Action.RUN, (1, 2))]
    assert found.configure == ()


def test_a_setup_that_was_asked_for_takes_precedence():
    found = plan(state_of(record(), commands=[command(1, "deploy"), command(2, "setup")]))
    assert [(move.action, move.commands) for move in found.moves] == [(Action.SETUP, (2,))]


def test_commands_for_a_stopped_instance_are_skipped_with_a_reason():
    found = plan(state_of(record(state=State.STOPPED), commands=[command(1, "deploy")]))
    assert [(item.status, item.reason) for item in found.settled] == [
        (CommandStatus.SKIPPED, "web1 is stopped, not online")
    ]


def test_commands_for_an_instance_that_is_being_stopped_are_skipped():
    found = plan(state_of(record(request=request(Desired.STOPPED)), commands=[command(1, "deploy")]))
    assert [item.status for item in found.settled] == [CommandStatus.SKIPPED]
    assert [move.action for move in found.moves] == [Action.STOP]


def test_a_reboot_is_carried_out_once_the_instance_can_be_rebooted():
    assert moves(state_of(record(reboot_wanted=True))) == {("web1", Action.REBOOT)}
    assert moves(state_of(record(state=State.REBOOTING, reboot_wanted=True))) == {("web1", Action.REBOOT)}


def test_a_stop_wins_over_a_reboot():
    assert moves(state_of(record(reboot_wanted=True, request=request(Desired.STOPPED)))) == {("web1", Action.STOP)}


def test_an_instance_that_has_left_the_file_is_terminated():
    found = plan(state_of(record(name="web9")))
    assert [(move.instance, move.action) for move in found.moves] == [("web9", Action.TERMINATE)]
    assert "no longer in the stack file" in found.moves[0].reason


def test_one_that_has_left_the_file_and_has_no_machine_is_forgotten():
    assert plan(state_of(record(name="web9", state=State.STOPPED))).departed == ("web9",)


def test_a_run_for_one_request_moves_nothing_else():
    everything = state_of(
        record(request=request(Desired.STOPPED)),
        record(name="web2", request=request(Desired.STOPPED)),
        record(name="web9"),
    )
    assert moves(everything, scope=["web2"]) == {("web2", Action.STOP)}


def test_a_run_for_one_request_still_configures_everybody():
    found = plan(state_of(record(configured=0), record(name="web2", configured=0)), scope=["web2"])
    assert [move.instance for move in found.configure] == ["web1", "web2"]


def test_the_plan_foresees_the_configure_that_its_moves_cause():
    online = [record(name=name) for name in ("lb1", "web2")]
    found = plan(state_of(*online, record(state=State.STOPPED, request=request(Desired.ONLINE))))
    assert found.configure_after == ("lb1", "web1", "web2")


def test_a_deploy_causes_no_configure():
    assert plan(state_of(record(), commands=[command(1, "deploy")])).configure_after == ()


def test_moves_come_in_the_order_of_the_stack_file():
    wanted = [
        record(name=name, state=State.STOPPED, request=request(Desired.ONLINE)) for name in ("db1", "web2", "lb1")
    ]
    assert [move.instance for move in plan(state_of(*wanted)).moves] == ["lb1", "web2", "db1"]


def test_a_command_that_a_dead_run_had_begun_is_resumed():
    begun = command(1, "deploy", status=CommandStatus.RUNNING, run=7)
    held = state_of(record(), commands=[begun], claims=[claim()])
    assert moves(held, dead=[7]) == {("web1", Action.RUN)}


def test_a_setup_that_was_cut_short_is_run_again():
    assert moves(state_of(record(state=State.RUNNING_SETUP))) == {("web1", Action.SETUP)}


def test_claims_that_nobody_needs_any_more_are_given_up():
    assert [claim.instance for claim in plan(state_of(record(), claims=[claim()]), dead=[7]).abandoned] == ["web1"]
    assert plan(state_of(record(), claims=[claim()])).abandoned == ()


def test_an_online_instance_with_a_layer_more_is_set_up_again():
    stack = small_stack({"web1": ("web", "db")})
    found = decide(stack, state_of(record()), Observations(), NOW)
    assert [(move.action, move.reason) for move in found.moves] == [
        (Action.SETUP, "its layers were web and are web, db now")
    ]


def test_an_online_instance_leaves_a_layer_before_it_is_set_up_for_another():
    stack = small_stack({"web1": ("web",)})
    before = decide(stack, state_of(replace(record(), layers=("db",))), Observations(), NOW)
    assert [(move.action, move.reason) for move in before.moves] == [
        (Action.LEAVE, "it is not in db any more, by the stack file")
    ]
    assert before.configure_after == ("web1",)
    after = decide(stack, state_of(replace(record(), layers=())), Observations(), NOW)
    assert [move.action for move in after.moves] == [Action.SETUP]


def test_an_online_instance_in_no_layer_any_more_leaves_all_and_is_not_configured():
    stack = small_stack({"web1": (), "db1": ("db",)})
    found = decide(stack, state_of(record(), record("db1")), Observations(), NOW)
    assert [(move.action, move.reason) for move in found.moves] == [
        (Action.LEAVE, "it is in no layer any more, by the stack file")
    ]
    assert found.configure_after == ("db1",)


@pytest.mark.parametrize(("before", "expected"), [((), [Action.START]), (("web",), [])])
def test_a_registered_machine_starts_when_it_is_given_its_first_layer_and_not_when_somebody_stopped_it(
    before, expected
):
    registered = replace(record(state=State.REGISTERED), layers=before)
    assert [move.action for move in plan(state_of(registered)).moves] == expected


def test_a_changed_stack_file_is_a_reason_for_a_configure():
    known = replace(state_of(record()), definition="1" * 64)
    assert [move.reason for move in plan(known).configure] == ["the stack file has changed"]
    assert plan(replace(known, definition="0" * 64)).configure == ()


def test_a_terminated_instance_stays_so_until_somebody_asks():
    assert "web1" in plan(state_of(record(state=State.TERMINATED, machine=None))).idle
    wanted = record(state=State.TERMINATED, machine=None, request=request(Desired.ONLINE))
    assert moves(state_of(wanted)) == {("web1", Action.START)}


def healed(state, remedy, *, since=NOW, at=NOW, machine=MACHINE):
    wanted = Request(Desired.ONLINE, Initiator.AUTO_HEALING, "it is silent", at, remedy)
    one = record("web1", state, request=wanted, since=since, machine=machine)
    plan = decide(small_stack(), state_of(one), Observations(), NOW)
    return [(move.action, move.initiator) for move in plan.moves if move.instance == "web1"]


@pytest.mark.parametrize(
    ("state", "remedy", "action"),
    [
        (State.CONNECTION_LOST, Remedy.SETUP, Action.START),
        (State.CONNECTION_LOST, Remedy.REBOOT, Action.REBOOT),
        (State.CONNECTION_LOST, Remedy.RESTART, Action.STOP),
        (State.CONNECTION_LOST, Remedy.REPLACE, Action.TERMINATE),
        (State.START_FAILED, Remedy.REBOOT, Action.STOP),
        (State.SETUP_FAILED, Remedy.SETUP, Action.SETUP),
        (State.STOP_FAILED, Remedy.REPLACE, Action.TERMINATE),
    ],
)
def test_a_failed_instance_gets_its_remedy(state, remedy, action):
    assert healed(state, remedy) == [(action, Initiator.AUTO_HEALING)]


def test_one_whose_machine_is_taken_back_is_replaced_while_it_is_online_and_only_once():
    assert healed(State.ONLINE, Remedy.REPLACE) == [(Action.TERMINATE, Initiator.AUTO_HEALING)]
    assert healed(State.ONLINE, Remedy.REPLACE, since=NOW + timedelta(seconds=1)) == []
    assert healed(State.ONLINE, Remedy.RESTART) == []


@pytest.mark.parametrize("remedy", [Remedy.RESTART, Remedy.REPLACE])
@pytest.mark.parametrize("state", [State.STOPPED, State.TERMINATED, State.CONNECTION_LOST])
def test_a_remedy_is_done_once_and_a_start_follows(state, remedy):
    assert healed(state, remedy, since=NOW + timedelta(seconds=1)) == [(Action.START, Initiator.AUTO_HEALING)]


@pytest.mark.parametrize("state", [State.TERMINATING, State.SHUTTING_DOWN])
def test_a_replacement_that_was_cut_short_goes_on_to_remove_the_machine(state):
    later = NOW + timedelta(seconds=1)
    assert healed(state, Remedy.REPLACE, since=later) == [(Action.TERMINATE, Initiator.AUTO_HEALING)]
    assert healed(State.SHUTTING_DOWN, Remedy.RESTART, since=later) == [(Action.STOP, Initiator.AUTO_HEALING)]


def test_without_a_machine_there_is_nothing_to_stop_first():
    assert healed(State.CONNECTION_LOST, Remedy.REPLACE, machine=None) == [(Action.START, Initiator.AUTO_HEALING)]
