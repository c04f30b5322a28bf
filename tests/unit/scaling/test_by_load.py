"""What schedules and load want together of a layer that has a minimum."""

from dataclasses import replace

import pytest

from stackward.definition.model import Instance, InstanceType, Layer, Pool
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.scaling.by_load import by_load
from stackward.scaling.combine import Wish
from stackward.scaling.load.observing import Heard
from stackward.state.records import Command, CommandStatus, MachineRecord, Maintenance, Request
from tests.layers_under_load import policy
from tests.stacks import small_stack
from tests.unit.scaling.stacks import ONLINE, STOPPED, record, state_of, utc

NOW = utc("2026-03-02T12:00")
WISHES = (Wish("web2", STOPPED, "its window closes"), Wish("web3", ONLINE, "its window opens"))
STACK = replace(
    small_stack(apps=False),
    layers={"web": Layer("web", load_scaling=policy(minimum=2, maximum=3))},
    instances={
        "web1": Instance("web1", ("web",)),
        "web2": Instance("web2", ("web",), InstanceType.TIME),
        "web3": Instance("web3", ("web",), InstanceType.TIME),
    },
)


def decided(third, maintenance=()):
    state = replace(state_of(record("web1"), record("web2"), third), maintenance=dict(maintenance))
    return by_load(STACK, state, {}, Heard(), {}, WISHES, NOW)


def test_an_instance_whose_window_closes_goes_when_another_comes():
    found = decided(record("web3", State.STOPPED))
    assert {wish.instance for wish in found.wishes} == {"web2", "web3"}


@pytest.mark.parametrize(
    ("third", "maintenance"),
    [
        (record("web3", State.STOPPED), {"web3": Maintenance("web3", "new disk", "anna", NOW)}),
        (record("web3", State.START_FAILED, since=NOW, failure="no address"), {}),
        (record("web3", State.SETUP_FAILED, since=utc("2026-03-01T12:00"), failure="no package"), {}),
    ],
    ids=["held for maintenance", "failed just now", "broken and tried again"],
)
def test_it_stays_where_the_other_does_not_come_and_the_layer_would_be_short(third, maintenance):
    found = decided(third, maintenance)
    assert "web2" not in {wish.instance for wish in found.wishes}
    assert [(item.instance, item.reason) for item in found.withheld] == [("web2", "web has 2 of at least 2")]


@pytest.mark.parametrize("status", [CommandStatus.PENDING, CommandStatus.RUNNING])
def test_one_that_is_too_many_stays_until_what_is_deployed_to_it_is_there(status):
    stack = replace(
        STACK,
        layers={"web": Layer("web", load_scaling=policy(minimum=1, maximum=1))},
        instances={name: Instance(name, ("web",), InstanceType.LOAD) for name in ("web1", "web2")},
    )
    calm = state_of(record("web1"), record("web2"))
    (stop,) = by_load(stack, calm, {}, Heard(), {}, (), NOW).wishes
    deploy = Command(1, 1, stop.instance, "deploy", {"app": "page"}, Initiator.USER, "asked", False, status, NOW)
    found = by_load(stack, replace(calm, commands=(deploy,)), {}, Heard(), {}, (), NOW)
    assert found.wishes == ()
    assert [(item.instance, item.reason) for item in found.withheld] == [
        (stop.instance, f"deploy of {stop.instance} is not over")
    ]


def test_load_stops_nobody_beside_one_that_is_healed_although_its_schedule_ends_that_one_too():
    stack = replace(
        STACK,
        layers={"web": Layer("web", load_scaling=policy(minimum=0, maximum=1))},
        instances={**STACK.instances, "web1": Instance("web1", ("web",), InstanceType.LOAD)},
    )
    healed = record("web2", request=Request(ONLINE, Initiator.AUTO_HEALING, "silent", NOW))
    state = state_of(record("web1"), healed)
    found = by_load(stack, state, {}, Heard(), {}, (Wish("web2", STOPPED, "its window closes"),), NOW)
    assert "web1" not in {wish.instance for wish in found.wishes}
    assert "web1" in {item.instance for item in found.withheld}


def test_one_of_two_pools_is_removed_once():
    layer = Layer("web", load_scaling=policy(minimum=0, maximum=1), pool=Pool(0))
    both = Instance("web1", ("web", "api"), InstanceType.LOAD, pooled=True)
    stack = replace(STACK, layers={"web": layer, "api": replace(layer, name="api")}, instances={"web1": both})
    stopped = replace(record("web1", State.STOPPED), machine=MachineRecord("t", 1, {}, "i-1", "192.0.2.7"))
    found = by_load(stack, state_of(stopped), {}, Heard(), {}, (), NOW)
    assert [(wish.instance, wish.desired) for wish in found.wishes] == [("web1", Desired.TERMINATED)]
