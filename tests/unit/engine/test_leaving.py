"""Layers that have left the file with their recipes: what they kept running is stopped all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.definition.model import Instance, Layer
from stackward.engine import events, outcomes
from stackward.engine.claiming import Claimant, claim
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.phases import Phase
from stackward.engine.process import Owner
from stackward.layers.resources import Service
from stackward.lifecycle.states import Initiator, State
from stackward.planner import EVERYTHING, Action
from stackward.state.records import CommandStatus
from stackward.state.store import open_store
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OWNER = Owner("host/boot", 1, 1.0, "anna")
UP = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/state.db") as opened:
        yield opened


def stack(**layers: str | None):
    its = {name: Layer(name, uses=uses) for name, uses in layers.items()}
    return replace(small_stack(apps=False), layers=its, instances={"box1": Instance("box1", tuple(layers))})


def round_of(store, its, phase, run=None):
    return claim(store, its, EVERYTHING, phase, Claimant(OWNER, "converge", run), text=lambda: "text", now=NOW)


def claimed(store, its):
    done = round_of(store, its, Phase.MOVE).claimed
    return done[0] if done else None


def online(store, its):
    """The instance, set up for its layers."""
    with store.transaction("shop") as transaction:
        transaction.put_instance("box1", (), NOW)
        run = transaction.begin_run("start", "host", 1, 1.0, "anna", NOW)
        epoch = transaction.claim("box1", run, "start", NOW, NOW).epoch
        for state in UP:
            transaction.advance("box1", epoch, state, NOW, actor="start", text="", run=run)
        transaction.end_run(run, NOW)
    setup = claimed(store, its)
    assert setup.move.action is Action.SETUP
    release(store, setup)


def release(store, held):
    with store.transaction("shop") as transaction:
        if transaction.state.instances["box1"].state is State.RUNNING_SETUP:
            transaction.finish_command(held.move.commands[0], held.epoch, CommandStatus.SUCCESSFUL, NOW)
            transaction.advance("box1", held.epoch, State.ONLINE, NOW, actor="test", text="", run=1)
        transaction.release("box1", held.epoch)


def stopped(store, its, *leaves):
    held = claimed(store, its)
    assert held.move.action is Action.LEAVE
    hold = Hold(store.snapshot("shop").claims["box1"].run, held.epoch, "test")
    cause = events.Cause(Initiator.USER, "it leaves")
    instance = HeldInstance(store, its, "box1", hold, lambda: NOW)
    begun = events.begin(instance, "shutdown", cause, command=None, decrypt=str, leaves=leaves)
    return [item.unit for item in begun.resources if isinstance(item, Service) and not item.running]


def test_a_layer_that_is_gone_from_the_file_is_remembered_by_what_it_was(store):
    online(store, stack(web=None, store="redis", cache="memcached"))
    assert store.snapshot("shop").instances["box1"].uses == {"store": "redis", "cache": "memcached"}
    assert stopped(store, stack(web=None, cache="memcached"), "store") == ["redis-server.service"]


def test_a_unit_that_a_layer_which_stays_needs_too_goes_on(store):
    online(store, stack(site="static_web", web="php_app"))
    assert stopped(store, stack(web="php_app"), "site") == []


def test_a_built_in_layer_that_only_an_older_version_knew_is_passed_over(store):
    online(store, stack(web=None, store="redis"))
    with store.transaction("shop") as transaction:
        transaction.put_instance("box1", ("web", "store"), NOW, {"store": "of an older version"})
    assert stopped(store, stack(web=None), "store") == []


def test_an_event_that_fails_within_a_move_that_goes_on_keeps_nothing_of_the_same_run_from_the_instance(store):
    online(store, stack(web=None, store="redis"))
    its = replace(stack(web=None), digest="2" * 64)
    held = claimed(store, its)
    run = store.snapshot("shop").claims["box1"].run
    instance = HeldInstance(store, its, "box1", Hold(run, held.epoch, "test"), lambda: NOW)
    outcomes.event_failed(instance, "the recipe failed")
    outcomes.left(instance)
    due = round_of(store, its, Phase.CONFIGURE, run)
    assert [item.move.instance for item in due.claimed] == ["box1"]
    release(store, due.claimed[0])
    again = replace(instance, hold=replace(instance.hold, epoch=due.claimed[0].epoch))
    outcomes.failed(again, "it failed")
    again = round_of(store, its, Phase.CONFIGURE, run)
    assert again.claimed == ()
