"""What a person asks for is written down; what makes no sense is refused by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.definition.model import Instance, InstanceType
from stackward.engine import requests
from stackward.errors import StackwardError
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.store import open_store
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STACK = small_stack()


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/state.db") as opened:
        yield opened


def ask(store, *names, desired=Desired.ONLINE, force=False):
    return requests.request_state(
        store, STACK, names, desired, initiator=Initiator.USER, reason="why", actor="anna", now=NOW, force=force
    )


def test_a_stop_that_was_asked_for_can_be_asked_for_by_force_and_not_the_other_way_round(store):
    ask(store, "web1")
    assert ask(store, "web1", desired=Desired.STOPPED) == ("web1",)
    assert ask(store, "web1", desired=Desired.STOPPED, force=True) == ("web1",)
    for force in (True, False):
        assert ask(store, "web1", desired=Desired.STOPPED, force=force) == ()
    assert store.snapshot("shop").instances["web1"].request.force
    said = [entry.text for entry in store.journal("shop", kinds=("request",))]
    assert said == ["to be online: why", "to be stopped: why", "to be stopped by force: why"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({}, ("lb1", "web1", "web2", "db1")),
        ({"instances": ["db1", "lb1"]}, ("lb1", "db1")),
        ({"layers": ["web"]}, ("web1", "web2")),
        ({"layers": ["web"], "instances": ["db1"]}, ("web1", "web2", "db1")),
        ({"app": "storefront"}, ("web1", "web2")),
        ({"app": "storefront", "instances": ["web2", "db1"]}, ("web2",)),
    ],
)
def test_instances_are_meant_by_name_by_layer_by_app_or_all(given, meant):
    assert requests.targets(STACK, **given) == meant


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"instances": ["web9"]}, "has no instance 'web9'; it has lb1, web1, web2, db1"),
        ({"layers": ["cache"]}, "has no layer 'cache'; it has lb, web, db"),
        ({"app": "blog"}, "has no app 'blog'; it has storefront"),
    ],
)
def test_a_name_that_the_stack_does_not_have_is_refused_with_those_it_has(given, said):
    with pytest.raises(StackwardError, match=said):
        requests.targets(STACK, **given)


def test_instances_of_type_time_and_load_are_left_to_scaling():
    timed = {
        name: Instance(name, ("web",), kind)
        for name, kind in (("web2", InstanceType.TIME), ("web3", InstanceType.LOAD))
    }
    stack = replace(STACK, instances={**STACK.instances, **timed})
    assert requests.left_to_scaling(stack, tuple(stack.instances)) == ("web2", "web3")


def test_a_request_keeps_who_and_why(store):
    assert ask(store, "web1") == ("web1",)
    request = store.snapshot("shop").instances["web1"].request
    assert (request.desired, request.initiator, request.reason) == (Desired.ONLINE, Initiator.USER, "why")
    assert [entry.actor for entry in store.journal("shop", instance="web1")] == ["anna"]


def test_asking_twice_is_asking_once(store):
    ask(store, "web1")
    assert ask(store, "web1") == ()


def test_a_later_request_for_the_opposite_wins(store):
    ask(store, "web1")
    assert ask(store, "web1", desired=Desired.STOPPED) == ("web1",)
    assert store.snapshot("shop").instances["web1"].request.desired is Desired.STOPPED


def test_events_are_asked_only_of_instances_that_are_online(store):
    ask(store, "web1", "web2")
    with store.transaction("shop") as transaction:
        run = transaction.begin_run("test", "host", 1, 1.0, "test", NOW)
        epoch = transaction.claim("web1", run, "test", NOW, NOW).epoch
        for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE):
            transaction.advance("web1", epoch, state, NOW, actor="test")
    asked = requests.request_event(
        store, STACK, ["web1", "web2"], "deploy", {"app": "storefront"}, reason="why", actor="anna", now=NOW
    )
    assert asked == ("web1",)
    assert [command.instance for command in store.snapshot("shop").commands] == ["web1"]
    assert requests.request_reboot(store, STACK, ["web1", "web2"], reason="why", actor="anna", now=NOW) == ("web1",)


def test_the_only_app_need_not_be_named():
    assert requests.app_of(STACK, None).name == "storefront"
    with pytest.raises(StackwardError, match="has no app; add one"):
        requests.app_of(small_stack(apps=False), None)
