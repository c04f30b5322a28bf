"""Whose turn it is in a rollout, and what of it the planner does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Observations, Scope, decide
from stackward.rollout.sequence import left, sequence
from stackward.rollout.turns import leads
from stackward.state.records import (
    Command,
    CommandStatus,
    InstanceRecord,
    MachineRecord,
    Request,
    Rollout,
    RolloutStatus,
    StackState,
)
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = ("web1", "web2", "web3")
STACK = small_stack(dict.fromkeys(NAMES, ("web",)))


def command(number, instance, wave, status=CommandStatus.PENDING, batch=1, **arguments):
    given = {"app": "storefront", "release": "r2", "revision": "v2", "wave": wave, **arguments}
    return Command(number, batch, instance, "deploy", given, Initiator.USER, "asked", False, status, NOW)


def rollout(status=RolloutStatus.RUNNING, batch=1, **changes):
    given = {
        "id": batch, "app": "storefront", "kind": "deploy", "release": "r2", "revision": "v2", "before_release": "r1",
        "before_revision": "v1", "status": status, "actor": "anna", "reason": "asked", "host": "ctl", "process": 1,
        "process_started": 1.0, "started": NOW, "batch": batch,
    }  # fmt: skip
    return Rollout(**{**given, **changes})


def state(commands, its=None, **changes):
    machine = MachineRecord("t", 1, {}, "m", "192.0.2.7")
    records = {
        name: InstanceRecord(
            name, ("web",), **{"state": State.ONLINE, "machine": machine, "configured": 1, **changes.get(name, {})}
        )
        for name in NAMES
    }
    rollouts = {item.batch: item for item in ([rollout()] if its is None else its)}
    return StackState("shop", 1, records, {}, tuple(commands), {}, rollouts=rollouts)


def plan(*given, **options):
    scope = Scope(frozenset(options.pop("scope"))) if "scope" in options else Scope()
    return decide(STACK, state(*given, **options), Observations(), NOW, scope)


def moves(found):
    return [(move.instance, move.action) for move in found.moves]


WAVES = [command(1, "web1", 1), command(2, "web2", 2), command(3, "web3", 2)]


def test_only_the_first_batch_has_its_turn_and_the_others_wait():
    found = plan(WAVES)
    assert moves(found) == [("web1", Action.DEPLOY)]
    assert [(item.instance, item.wave) for item in found.waiting] == [("web2", 2), ("web3", 2)]


def test_a_batch_that_a_dead_run_began_is_the_one_that_goes_on():
    found = plan([command(2, "web2", 2, CommandStatus.RUNNING), command(3, "web3", 2)])
    assert moves(found) == [("web2", Action.DEPLOY), ("web3", Action.DEPLOY)]


def test_an_instance_that_is_being_stopped_keeps_nobody_waiting():
    stopping = {"request": Request(Desired.STOPPED, Initiator.USER, "asked", NOW)}
    found = plan(WAVES, web1=stopping)
    assert moves(found) == [("web1", Action.STOP), ("web2", Action.DEPLOY), ("web3", Action.DEPLOY)]
    assert [item.instance for item in found.settled] == ["web1"]


def test_a_batch_waits_also_where_a_run_may_move_only_its_instances():
    found = plan(WAVES, scope=["web2"])
    assert moves(found) == []
    assert [item.instance for item in found.waiting] == ["web2"]


def test_what_a_failing_rollout_has_begun_is_taken_back_and_the_rest_never_begins():
    failing = rollout(RolloutStatus.FAILING, failure="web1: broken")
    found = plan([command(1, "web1", 1, CommandStatus.RUNNING), *WAVES[1:]], [failing])
    assert moves(found) == [("web1", Action.DEPLOY)]
    assert [(item.instance, item.reason) for item in found.settled] == [
        ("web2", "stopped: web1: broken"),
        ("web3", "stopped: web1: broken"),
    ]


def test_a_rollout_without_anything_left_is_concluded():
    assert plan([]).concluded == (1,)
    assert not plan([]).empty


def test_where_the_release_is_already_everybody_is_looked_after_at_once():
    there = [command(number, name, 0, unchanged=True) for number, name in enumerate(NAMES, 1)]
    assert moves(plan(there)) == [(name, Action.REFRESH) for name in NAMES]


def test_an_instance_that_waits_is_configured_meanwhile_and_keeps_the_order_of_what_was_asked():
    later = Command(9, 9, "web2", "run_recipes", {}, Initiator.USER, "asked", False, CommandStatus.PENDING, NOW)
    found = plan([*WAVES, later], web2={})
    assert ("web2", Action.RUN) not in moves(found)


@pytest.mark.parametrize(("migrated", "number", "expected"), [(False, 1, True), (False, 2, False), (True, 1, False)])
def test_the_first_one_left_runs_the_migration_until_it_has_run(migrated, number, expected):
    assert leads(rollout(migrated=migrated), WAVES[number - 1], WAVES) is expected


def test_a_rollback_runs_no_migration_as_the_code_of_before_may_not_know_what_was_migrated():
    assert not leads(rollout(kind="rollback"), WAVES[0], WAVES)


def test_rollouts_go_side_by_side_unless_they_share_an_instance():
    other = [command(4, "db1", 1, batch=4), command(5, "db2", 2, batch=4)]
    sharing = [command(7, "web3", 1, batch=7)]
    assert sequence([*WAVES, *other, *sharing]) == (("web1", "db1"), ("web2", "web3", "db2"))


HEALING = Request(Desired.ONLINE, Initiator.AUTO_HEALING, "lost", NOW, Remedy.REBOOT)
STOPPING = Request(Desired.STOPPED, Initiator.AUTO_SCALING, "little load", NOW)


@pytest.mark.parametrize(
    ("others", "why"),
    [
        (
            {"state": State.CONNECTION_LOST, "request": HEALING},
            "1 instance of layer web may be down at a time, and web3",
        ),
        ({"request": STOPPING}, "and web3 is"),
    ],
)
def test_a_batch_waits_while_healing_or_scaling_has_taken_its_room(others, why):
    found = plan([command(1, "web1", 1), command(2, "web2", 2)], web3=others)
    assert not [move for move in found.moves if move.action is Action.DEPLOY]
    assert why in {item.instance: item.why for item in found.waiting}["web1"]
    assert {item.instance: item.why for item in found.waiting}["web2"] == ""
    assert found.concluded == ()


def test_a_batch_that_has_begun_goes_on_beside_others():
    found = plan([command(1, "web1", 1, CommandStatus.RUNNING)], web3={"request": STOPPING})
    assert ("web1", Action.DEPLOY) in moves(found)


def test_who_a_person_stops_or_who_is_healed_itself_keeps_no_batch_waiting():
    by_hand = Request(Desired.STOPPED, Initiator.USER, "asked", NOW)
    assert ("web1", Action.DEPLOY) in moves(plan([command(1, "web1", 1)], web3={"request": by_hand}))
    assert plan([command(1, "web1", 1)], web1={"request": STOPPING}).waiting == ()


@pytest.mark.parametrize(
    ("given", "scope", "changes", "found"),
    [
        ([command(1, "web1", 1), command(2, "web2", 2)], NAMES, {}, [1, 2]),
        ([command(1, "web1", 1), command(2, "web2", 2)], ("web2",), {}, [2]),
        ([command(1, "web1", 1), command(2, "web2", 2)], NAMES, {"web1": {"state": State.STOPPED}}, [2]),
        ([command(1, "web1", 1, batch=7)], NAMES, {}, []),
        ([command(1, "web9", 1)], NAMES, {}, []),
    ],
    ids=["all", "those of the scope", "those online", "no rollout", "an instance that is gone"],
)
def test_what_is_left_of_rollouts_is_what_can_be_carried_out_now(given, scope, changes, found):
    assert [item.id for item in left(STACK, state(given, **changes), scope.__contains__)] == found
