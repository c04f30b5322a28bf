"""Elastic addresses of EC2, from the stack file to the calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.model import Instance
from stackward.providers.ec2 import addresses as addresses_of_ec2
from tests.contract.providers.ec2_shop import cloud, region, shop

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


def test_an_address_follows_the_stack_file_and_is_given_up_only_where_that_is_allowed(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=())
    shop.stack = replace(shop.stack, instances={"web1": Instance("web1", ("web",), elastic_ip=True)})
    assert shop.converge()[1] == ["attach elastic address to web1"]
    address = shop.store.snapshot("shop").instances["web1"].machine.elastic_address
    assert cloud.instances[machine]["PublicIpAddress"] == address
    assert shop.converge() == ((), [], [])
    shop.stack = replace(shop.stack, instances={"web1": Instance("web1", ("web",))})
    assert shop.converge()[1] == [f"detach elastic address {address} from web1"]
    assert [item.shown for item in shop.look().kept] == ["elastic address of web1"]
    assert shop.converge() == ((), [], [])
    assert len(cloud.addresses) == 1
    assert shop.converge(allow_destroy=True)[1] == ["delete elastic address of web1"]
    assert cloud.addresses == {}


def test_an_address_that_somebody_took_away_is_given_back_and_everybody_is_told(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=())
    shop.stack = replace(shop.stack, instances={"web1": Instance("web1", ("web",), elastic_ip=True)})
    shop.converge()
    before = shop.store.snapshot("shop")
    (item,) = cloud.addresses.values()
    address = item["PublicIp"]
    shop.provider.detach_address("shop", machine)
    (change,) = shop.look().changes
    assert change.reason == f"somebody has taken {address} from it"
    assert shop.converge()[1:] == (["attach elastic address to web1"], ["AssociateAddress"])
    assert cloud.instances[machine]["PublicIpAddress"] == address
    assert shop.store.snapshot("shop").generation > before.generation
    assert shop.converge() == ((), [], [])


def test_an_address_that_somebody_gave_to_another_machine_is_left_there_and_told(shop, cloud):
    shop.online("web1")
    other = shop.online("web2")
    shop.layer("web", load_balancers=())
    shop.stack = replace(
        shop.stack, instances={"web1": Instance("web1", ("web",), elastic_ip=True), "web2": Instance("web2", ("web",))}
    )
    shop.converge()
    (item,) = cloud.addresses.values()
    addresses_of_ec2.calls.associate_address(shop.provider._region.connection, item["AllocationId"], other)
    look = shop.look()
    assert look.changes == ()
    assert look.unenforced == (
        f"the elastic address {item['PublicIp']} of web1 was given to {other} by somebody else, and is left there; "
        "take it from there, and the next converge gives it back to web1",
    )
