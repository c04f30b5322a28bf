# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which deploys are one call on each host, and which need the steps around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils.straight import straight

from stackward.definition.model import Deploying, Layer, Recipe, RecipeType
from stackward.definition.resources import BalancerType, LoadBalancer
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator, State
from stackward.rollout.actions import ACTION, RESTART
from stackward.rollout.turns import WAVE
from stackward.state.records import Command, CommandStatus, InstanceRecord, Rollout, RolloutStatus, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
OWN = (Recipe(RecipeType.COMMAND, "uptime"),)


def command(status=CommandStatus.PENDING, **arguments):
    given = {"app": "storefront", "release": "r2", "revision": "v2", WAVE: 1, **arguments}
    return Command(7, 5, "web1", "deploy", given, Initiator.USER, "", False, status, NOW)


def rollout(status=RolloutStatus.RUNNING):
    return Rollout(
        3, "storefront", "deploy", "r2", "v2", "", "", status, "anna", "", "ctl", 1, 1.0, NOW, batch=5, failure=""
    )


def state(balancer=State.STOPPED, status=RolloutStatus.RUNNING):
    records = {"lb1": InstanceRecord("lb1", ("lb",), balancer), "web1": InstanceRecord("web1", ("web",), State.ONLINE)}
    return StackState("shop", 1, records, {}, (), {}, rollouts={5: rollout(status)})


def stack(recipes=(), hooks=(), drain=True):
    web = Layer("web", "python_app", recipes={Event.DEPLOY: recipes} if recipes else {}, drain=drain)
    made = small_stack(layers={"lb": Layer("lb", "haproxy"), "web": web, "db": Layer("db")})
    app = replace(made.apps["storefront"], deploy=Deploying(hooks={"before_check": hooks} if hooks else {}))
    return replace(made, apps={"storefront": app})


@pytest.mark.parametrize(
    ("given", "now", "asked", "found"),
    [
        ({}, {}, {}, True),
        ({}, {"balancer": State.ONLINE}, {}, False),
        ({"drain": False}, {"balancer": State.ONLINE}, {}, True),
        ({"recipes": OWN}, {}, {}, False),
        ({"hooks": OWN}, {}, {}, False),
        ({"recipes": OWN, "hooks": OWN}, {}, {ACTION: RESTART}, True),
        ({}, {"status": RolloutStatus.FAILING}, {}, False),
    ],
    ids=["bare", "balancer", "no drain", "recipe", "hook", "restart", "goes back"],
)
def test_a_deploy_is_one_call_where_nothing_comes_before_or_after_it(given, now, asked, found):
    assert straight(stack(**given), state(**now), command(**asked)) is found


def test_a_load_balancer_of_the_providers_takes_steps_of_its_own():
    made = stack()
    web = replace(made.layers["web"], load_balancers=(LoadBalancer(next(iter(BalancerType)), "front"),))
    assert not straight(replace(made, layers={**made.layers, "web": web}), state(), command())


def test_what_has_left_the_file_is_not_one_call():
    assert not straight(replace(stack(), apps={}), state(), command())
