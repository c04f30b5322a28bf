"""What an instance ran, against what it would run now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Recipe, RecipeType
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import State
from stackward.rollout.contents import ATTRIBUTES, Contents, differing, of_instance, same, unchanged
from stackward.rollout.drift import drift
from stackward.state.records import AppRelease, Deployment, InstanceRecord, StackState
from tests.stacks import small_stack

PARTS = st.dictionaries(st.sampled_from("abcde"), st.sampled_from("12"))
STACK = small_stack()
ROLE, FLAGS, HOOK = "role acme of web", "recipe flags.yml of web", "the hook after_serve"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ran", "now", "said"),
    [
        ({ROLE: "1"}, {ROLE: "1"}, []),
        ({ROLE: "1"}, {ROLE: "2"}, ["role acme of web has changed since setup ran there"]),
        ({}, {ROLE: "1"}, ["role acme of web has come since setup ran there"]),
        ({ROLE: "1"}, {}, ["role acme of web has gone since setup ran there"]),
        (
            {ROLE: "1", FLAGS: "1"},
            {FLAGS: "1", ROLE: "1"},
            ["the order of recipes has changed since setup ran there"],
        ),
    ],
)
def test_what_differs_is_named(ran, now, said):
    assert list(differing({Event.SETUP: ran}, {Event.SETUP: now})) == said


def test_of_an_event_that_is_not_known_to_have_run_nothing_is_said():
    assert differing({}, {Event.SETUP: {ROLE: "1"}}) == ()
    assert not same(None, {})


def test_what_is_so_of_several_events_is_said_once():
    ran = {event: {ROLE: "1"} for event in (Event.SETUP, Event.CONFIGURE)}
    now = {event: {ROLE: "2"} for event in ran}
    assert differing(ran, now) == ("role acme of web has changed since setup and configure ran there",)


@given(PARTS, PARTS)
def test_something_is_said_exactly_where_it_is_not_the_same(ran, now):
    assert bool(differing({Event.DEPLOY: ran}, {Event.DEPLOY: now})) is not same(ran, now)


def test_an_online_instance_has_drift_where_a_recipe_of_its_layers_has_changed():
    contents = Contents({"web": {Event.SETUP: {ROLE: "2"}}, "db": {Event.SETUP: {"role other of db": "9"}}})
    record = InstanceRecord("web1", ("web",), State.ONLINE, ran={Event.SETUP: {ROLE: "1"}})
    state = StackState("shop", 1, {"web1": record}, {}, (), {})
    assert drift(STACK, state, contents) == {"web1": ("role acme of web has changed since setup ran there",)}
    assert drift(STACK, state) == {}
    stopped = replace(state, instances={"web1": replace(record, state=State.STOPPED)})
    assert drift(STACK, stopped, contents) == {}


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({HOOK: "1"}, ("the hook after_serve has changed since storefront was deployed there",)),
        ({}, ("the hook after_serve has come since storefront was deployed there",)),
        (
            {HOOK: "2", "the hook before_drain": "1"},
            ("the hook before_drain has gone since storefront was deployed there",),
        ),
        ({HOOK: "2"}, None),
        (None, None),
    ],
)
def test_an_online_instance_has_drift_where_a_hook_of_its_apps_has_changed_since_their_deploy(there, said):
    contents = Contents({}, {"storefront": {HOOK: "2"}, "elsewhere": {"the hook before_drain": "1"}})
    live = AppRelease("storefront", "r1", "v1", hooks=there)
    record = InstanceRecord("web1", ("web",), State.ONLINE, apps=(live,))
    state = StackState("shop", 1, {"web1": record}, {}, (), {"storefront": Deployment("storefront", "r1", "v1", NOW)})
    assert drift(STACK, state, contents).get("web1") == said
    assert drift(STACK, state) == {}


def test_an_instance_of_several_layers_runs_their_parts_in_the_order_of_the_file():
    contents = Contents({"web": {Event.SETUP: {"w": "1"}}, "db": {Event.SETUP: {"d": "1"}}})
    assert list(contents.of(["db", "web"], Event.SETUP)) == ["d", "w"]
    assert contents.of(["db", "nowhere"], Event.DEPLOY) == {}


@given(PARTS, PARTS)
def test_unchanged_is_the_longest_beginning_that_is_the_same(ran, now):
    found = unchanged(ran, now)
    assert list(found) == list(ran)[: len(found)] == list(now)[: len(found)]
    assert all(ran[name] == now[name] for name in found)
    rest_of_ran, rest = list(ran.items())[len(found) :], list(now.items())[len(found) :]
    assert not rest or not rest_of_ran or rest[0] != rest_of_ran[0]
    assert unchanged(None, now) == ()
    assert same(ran, now) is (len(found) == len(ran) == len(now))


def test_recipes_of_setup_come_after_the_custom_attributes_that_they_are_told():
    web = replace(STACK.layers["web"], recipes={Event.SETUP: (Recipe(RecipeType.ROLE, "acme"),)})
    stack = replace(STACK, layers={**STACK.layers, "web": web})
    contents = Contents({"web": {Event.SETUP: {ROLE: "1"}, Event.DEPLOY: {ROLE: "1"}}})
    parts = of_instance(stack, stack.instances["web1"], contents, Event.SETUP)
    assert list(parts) == [ATTRIBUTES, ROLE]
    told_more = replace(stack, attributes={**stack.attributes, "motd": "other"})
    assert of_instance(told_more, stack.instances["web1"], contents, Event.SETUP)[ATTRIBUTES] != parts[ATTRIBUTES]
    assert list(of_instance(stack, stack.instances["web1"], contents, Event.DEPLOY)) == [ROLE]
    assert list(of_instance(STACK, STACK.instances["web1"], contents, Event.SETUP)) == [ROLE]
