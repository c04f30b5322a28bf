"""Which deploys are one call on each host, and which load balancers are in front of an instance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.definition.model import Layer, Recipe, RecipeType
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator, State
from stackward.rollout.fronts import balancers, others_serve
from stackward.rollout.straight import straight, winding
from stackward.state.records import (
    Command,
    CommandStatus,
    InstanceRecord,
    Rollout,
    RolloutStatus,
    StackState,
)
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LAYERS = {"lb": Layer("lb", uses="haproxy"), "web": Layer("web")}
STACK = small_stack({"web1": ("web",), "web2": ("web",), "lb1": ("lb",)}, layers=LAYERS)
APP = STACK.apps["storefront"]
RECIPE = Recipe(RecipeType.COMMAND, "true")
STATES = {"web1": State.ONLINE, "web2": State.ONLINE, "lb1": State.STOPPED}


def command(number=1, instance="web1", **arguments):
    given = {"app": "storefront", "release": "r2", "revision": "v2", "wave": 1, **arguments}
    return Command(number, 1, instance, "deploy", given, Initiator.USER, "asked", False, CommandStatus.PENDING, NOW)


def state(*commands, status=RolloutStatus.RUNNING, **states):
    records = {
        name: InstanceRecord(name, STACK.instances[name].layers, now, configured=1)
        for name, now in {**STATES, **states}.items()
    }
    rollout = Rollout(
        1, "storefront", "deploy", "r2", "v2", "r1", "v1", status, "anna", "asked", "ctl", 1, 1.0, NOW, batch=1
    )
    return StackState("shop", 1, records, {}, commands, {}, rollouts={1: rollout})


def with_layer(**changes):
    return replace(STACK, layers={**STACK.layers, "web": replace(STACK.layers["web"], **changes)})


def with_hook(**deploy):
    hooks = {"before_release": (RECIPE,)}
    return replace(STACK, apps={"storefront": replace(APP, deploy=replace(APP.deploy, hooks=hooks, **deploy))})


@pytest.mark.parametrize(
    ("stack", "found", "asked", "expected"),
    [
        (STACK, state(), command(), True),
        (STACK, state(lb1=State.ONLINE), command(), False),
        (with_layer(drain=False), state(lb1=State.ONLINE), command(), True),
        (with_hook(), state(), command(), False),
        (with_hook(), state(), command(action="restart"), True),
        (with_layer(recipes={Event.DEPLOY: (RECIPE,)}), state(), command(), False),
        (with_layer(recipes={Event.SETUP: (RECIPE,)}), state(), command(), True),
        (STACK, state(status=RolloutStatus.FAILING), command(), False),
        (replace(STACK, apps={}), state(), command(), False),
        (STACK, state(), command(instance="web9"), False),
    ],
    ids=[
        "nothing around it", "a load balancer", "no draining", "a hook", "a restart runs no hook", "a recipe of deploy",
        "a recipe of another event", "taking back", "an app that is gone", "an instance that is gone",
    ],
)  # fmt: skip
def test_a_deploy_is_one_call_where_nothing_comes_before_or_after_it(stack, found, asked, expected):
    assert straight(stack, found, asked) is expected


def test_only_commands_of_rollouts_count():
    other = replace(command(2, "web2"), arguments={"app": "storefront"})
    assert winding(STACK, state(command(), other, lb1=State.ONLINE)) == {"web1"}


def test_an_instance_is_taken_out_of_online_load_balancers_alone():
    layers = [STACK.layers["web"]]
    assert balancers(STACK, state(), "web1", layers) == ()
    assert balancers(STACK, state(lb1=State.ONLINE), "web1", layers) == ("lb1",)
    assert balancers(STACK, state(lb1=State.ONLINE), "lb1", [STACK.layers["lb"]]) == ()


def test_nobody_is_taken_out_where_no_other_would_answer():
    assert others_serve(STACK, state(), APP, {"web1"})
    assert not others_serve(STACK, state(), APP, {"web1", "web2"})
    assert not others_serve(STACK, state(web2=State.STOPPED), APP, {"web1"})
