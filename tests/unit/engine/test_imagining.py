"""What a look ahead shows is what a run then does."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.model import Batch
from stackward.engine.deployments import as_deployed
from stackward.engine.imagining import look_ahead
from stackward.lifecycle.states import State
from stackward.planner import Action, Scope
from stackward.presentation.plan import plan_lines
from stackward.state.records import AppRelease, Deployment, InstanceRecord, MachineRecord, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STACK = small_stack({"web1": ("web",), "web2": ("web",), "web3": ("web",)})
RELEASE = {"app": "storefront", "release": "r2", "revision": "2" * 40}


def online(name, **changes):
    machine = MachineRecord(name, 1, {}, f"m-{name}", "192.0.2.7")
    given = {"since": NOW - timedelta(hours=1), "machine": machine, "configured": 1, **changes}
    return InstanceRecord(name, ("web",), state=State.ONLINE, **given)


def state_with(*, live="r1"):
    releases = (AppRelease("storefront", live, "1" * 40),)
    instances = {name: online(name, apps=releases) for name in STACK.instances}
    deployments = {"storefront": Deployment("storefront", live, "1" * 40, NOW)}
    return StackState("shop", 1, instances, {}, (), deployments, definition=STACK.digest)


def shown(want, arguments):
    scope = Scope(frozenset(STACK.instances), departed=False)
    plan, _state = look_ahead(STACK, state_with(), scope, want, arguments, NOW)
    return plan


def test_the_first_batch_of_a_deploy_is_shown_as_what_is_done_and_the_others_as_what_comes_later():
    plan = shown("deploy", RELEASE)
    assert [(move.instance, move.action) for move in plan.moves] == [("web1", Action.DEPLOY)]
    assert [(item.instance, item.wave) for item in plan.waiting] == [("web2", 2), ("web3", 3)]


@pytest.mark.parametrize(("want", "first"), [("deploy", ["web1"]), ("rollback", ["web1", "web2", "web3"])])
def test_one_instance_goes_alone_where_it_migrates_which_a_rollback_does_not(want, first):
    app = STACK.apps["storefront"]
    deploy = dataclasses.replace(app.deploy, migrate="./migrate", batch=Batch(share=1.0))
    stack = dataclasses.replace(STACK, apps={"storefront": dataclasses.replace(app, deploy=deploy)})
    scope = Scope(frozenset(stack.instances), departed=False)
    plan, _state = look_ahead(stack, state_with(), scope, want, RELEASE, NOW)
    assert [move.instance for move in plan.moves if move.action is Action.DEPLOY] == first


def test_a_deploy_of_what_is_live_takes_one_instance_where_its_migration_has_not_run():
    live = Deployment("storefront", "r2", "2" * 40, NOW)
    app = STACK.apps["storefront"]
    records = {
        name: online(name, apps=(as_deployed(STACK, app, instance, live),))
        for name, instance in STACK.instances.items()
    }
    state = dataclasses.replace(state_with(), instances=records, deployments={"storefront": live})
    scope = Scope(frozenset(STACK.instances), departed=False)
    for migrates, first in ((False, Action.REFRESH), (True, Action.DEPLOY)):
        plan, _state = look_ahead(STACK, state, scope, "deploy", {**RELEASE, "migrates": migrates}, NOW)
        actions = {move.instance: move.action for move in plan.moves}
        assert actions == {"web1": first, "web2": Action.REFRESH, "web3": Action.REFRESH}


@pytest.mark.parametrize(
    ("want", "arguments", "action"),
    [("stopped", {}, Action.STOP), ("setup", {"batch": "100%"}, Action.SETUP)],
)
def test_what_is_asked_of_instances_is_shown_for_each(want, arguments, action):
    assert [move.action for move in shown(want, arguments).moves] == [action] * 3


def test_a_setup_is_shown_in_its_batches():
    scope = Scope(frozenset(STACK.instances), departed=False)
    plan, state = look_ahead(STACK, state_with(), scope, "setup", {}, NOW)
    assert [(move.instance, move.action) for move in plan.moves] == [("web1", Action.SETUP)]
    lines = plan_lines(STACK, plan, state)
    assert lines[0] == "shop: setup in 3 batches: web1 | web2 | web3"
    assert "shop: web2: setup (later: it is in batch 2)" in lines


def test_a_restart_of_an_app_brings_nothing_in_place_of_anything():
    scope = Scope(frozenset(STACK.instances), departed=False)
    for want, line in (
        ("restart", "shop: storefront: restart 111111111111 in "),
        ("deploy", "shop: storefront: deploy 222222222222 in place of 111111111111 in "),
    ):
        asked = {**RELEASE, **({"release": "r1", "revision": "1" * 40} if want == "restart" else {})}
        plan, state = look_ahead(STACK, state_with(), scope, want, asked, NOW)
        assert plan_lines(STACK, plan, state)[0].startswith(line)


@pytest.mark.parametrize(
    ("state", "shown"), [(State.ONLINE, True), (State.CONNECTION_LOST, True), (State.SETUP_FAILED, False)]
)
def test_a_reboot_is_shown_of_those_that_it_would_be_asked_of(state, shown):
    known = {name: online(name, failure="") for name in STACK.instances}
    known["web1"] = dataclasses.replace(known["web1"], state=state)
    given = dataclasses.replace(state_with(), instances=known)
    plan, _state = look_ahead(STACK, given, Scope(frozenset({"web1"}), departed=False), "rebooted", {}, NOW)
    assert [move.action for move in plan.moves] == ([Action.REBOOT] if shown else [])


def test_where_nothing_is_asked_for_what_is_due_is_shown():
    assert shown("", {}).empty


@pytest.mark.parametrize(("marks", "state"), [([], State.ONLINE), (["web1"], State.CONNECTION_LOST)])
def test_what_healing_replaces_is_shown_from_where_it_is_at_work_or_lost(marks, state):
    plan = shown("healed", {"remedies": {"web1": "replace"}, "marks": marks})
    assert [(move.instance, move.action, move.state) for move in plan.moves] == [("web1", Action.TERMINATE, state)]
