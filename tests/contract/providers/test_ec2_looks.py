"""What looking at the resources of EC2 costs in calls."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from stackward.controller import due
from stackward.definition.model import Instance
from stackward.resources import membership
from stackward.state.records import MachineRecord
from tests.contract.providers.ec2_shop import FRONT, NOW, UP, cloud, region, shop

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


def test_a_stack_without_resources_costs_no_call(shop, cloud):
    shop.layer("web", load_balancers=())
    shop.online("web1")
    cloud.log.clear()
    assert shop.look().empty
    assert cloud.log == []


def test_a_fleet_is_looked_at_by_few_calls_once_in_a_while_however_often_a_tick_comes(shop, cloud, monkeypatch):
    names = [f"web{number}" for number in range(1, 1001)]
    shop.layer("web", load_balancers=(FRONT,))
    shop.stack = replace(
        shop.stack, instances={name: Instance(name, ("web",), elastic_ip=name == "web1") for name in names}
    )
    first = shop.online("web1")
    shop.converge()
    (group,) = cloud.balancers.groups.values()
    with shop.store.transaction("shop") as transaction:
        for number, name in enumerate(names[1:], 2):
            machine = f"i-{number:017x}"
            cloud.instances[machine] = {**cloud.instances[first], "InstanceId": machine}
            group["members"][machine, 8000] = {"state": "healthy"}
            transaction.remember_resource(membership.membership(FRONT, machine, name))
            transaction.put_instance(name, ("web",), NOW)
            epoch = transaction.claim(name, shop.run, "test", NOW, NOW).epoch
            transaction.set_machine(name, epoch, MachineRecord(name, 1, {"provider": "ec2", "options": {}}, machine))
            for state in UP:
                transaction.advance(name, epoch, state, NOW, actor="test", text="", run=shop.run)
            transaction.release(name, epoch)
        transaction.adopt_definition(shop.stack.digest, "test", NOW, shop.run)
        generation = transaction.state.generation
        for name in names:
            epoch = transaction.claim(name, shop.run, "test", NOW, NOW).epoch
            transaction.configured(name, epoch, generation)
            transaction.release(name, epoch)
    monkeypatch.setattr(due.providers, "load", lambda *_given, **_more: shop.provider)
    seconds = itertools.count(step=30)
    monkeypatch.setattr(due, "_now", lambda: NOW + timedelta(seconds=next(seconds)))
    cloud.log.clear()
    found = [due.converge(shop.store, shop.stack) for _ in range(20)]
    assert [item.lines for item in found if item.due] == []
    # Twenty ticks in ten minutes are two looks, of one call for each kind of thing that there is.
    calls = [action for action, _ in cloud.log]
    assert calls == ["DescribeTargetGroups", "DescribeTargetHealth", "DescribeAddresses"] * 2
    assert len(calls) <= len(found)
    shop.provider.detach_address("shop", first)
    del group["members"][f"i-{7:017x}", 8000]
    group["members"]["i-foreign", 8000] = {"state": "healthy"}
    (told,) = [item.lines for item in (due.converge(shop.store, shop.stack) for _ in range(10)) if item.due]
    assert [line.partition(": ")[2].partition(" (somebody")[0] for line in told] == [
        "+ web7 with target group shop-web (port 8000): register (web7 is online)",
        "+ elastic address to web1: attach",
        "target group shop-web (port 8000): its member i-foreign is none of this stack's, and is left alone",
    ]
