"""Elastic addresses of EC2, from the stack file to the calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.model import Instance
from stackward.engine import machines
from stackward.errors import AddressTakenError
from stackward.known_resource import ResourceKind
from stackward.lifecycle.states import State
from stackward.providers.ec2 import addresses as addresses_of_ec2
from stackward.resources.change import Change, Verb
from tests.contract.providers.ec2_shop import MUTATING, cloud, held, region, shop
from tests.contract.providers.test_ec2_volumes import REACH
from tests.ec2_stand_in.faults import Fault, How

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
    addresses_of_ec2.calls.associate_address(shop.provider._region.connection, item["AllocationId"], other, take=True)
    look = shop.look()
    assert look.changes == ()
    assert look.unenforced == (
        f"the elastic address {item['PublicIp']} of web1 was given to {other} by somebody else, and is left there; "
        "take it from there, and the next converge gives it back to web1",
    )


@pytest.fixture
def address(shop, cloud):
    """The elastic address of web1, which its machine had and has no more."""
    shop.stack = replace(
        shop.stack, instances={**shop.stack.instances, "web1": Instance("web1", ("web",), elastic_ip=True)}
    )
    shop.layer("web", load_balancers=())
    machine = shop.online("web1")
    shop.converge()
    shop.provider.detach_address("shop", machine)
    cloud.log.clear()
    (item,) = cloud.addresses.values()
    return item


def machine_of(shop):
    return shop.store.snapshot("shop").instances["web1"].machine.id


def asked(cloud):
    return [action for action, _ in cloud.log if action.startswith(MUTATING)]


def test_an_address_that_another_machine_or_a_gateway_has_is_not_taken_from_it(shop, cloud, address):
    theirs = {"InstanceId": shop.online("web2"), "AssociationId": "eipassoc-1"}, {"NetworkInterfaceId": "eni-1"}
    for holder in theirs:
        address |= holder
        cloud.log.clear()
        said = rf"{address['PublicIp']} of web1 was given to {next(iter(holder.values()))} by somebody else"
        with pytest.raises(AddressTakenError, match=said):
            shop.provider.attach_address("shop", machine_of(shop))
        with pytest.raises(AddressTakenError, match=said):
            release(shop)
        assert asked(cloud) == []
        for key in holder:
            del address[key]


def release(shop):
    data = {"instance": "web1"}
    shop.provider.change("shop", Change(ResourceKind.ADDRESS, Verb.DELETE, "web1", "it", "nobody wants it", data=data))


@pytest.mark.parametrize("gone", [False, True], ids=["still there", "gone"])
def test_an_address_that_a_former_machine_of_the_instance_has_moves_to_the_next(shop, cloud, address, gone):
    machine = machine_of(shop)
    before = {**cloud.instances[machine], "InstanceId": "i-00000000000000bef"}
    cloud.instances[before["InstanceId"]] = before
    address |= {"InstanceId": before["InstanceId"], "AssociationId": "eipassoc-1"}
    if gone:
        of_it = lambda given: before["InstanceId"] in given.get("InstanceIds", ())  # noqa: E731
        cloud.faults = [Fault("DescribeInstances", "InvalidInstanceID.NotFound", fits=of_it)]
    assert shop.provider.attach_address("shop", machine).elastic_address == address["PublicIp"]
    assert address["InstanceId"] == machine
    assert asked(cloud) == ["AssociateAddress"]


def test_one_that_somebody_else_took_just_now_is_theirs_and_one_whose_answer_was_lost_is_ours(shop, cloud, address):
    machine, taken = machine_of(shop), "Resource.AlreadyAssociated"
    cloud.faults = [Fault("AssociateAddress", taken)]
    with pytest.raises(AddressTakenError, match="was given to something else"):
        shop.provider.attach_address("shop", machine)
    cloud.faults = [Fault("AssociateAddress", taken, how=How.AFTER)]
    assert shop.provider.attach_address("shop", machine).elastic_address == address["PublicIp"]


def test_a_reboot_leaves_an_address_where_somebody_has_moved_it(shop, cloud, address):
    shop.provider.attach_address("shop", machine_of(shop))
    address["InstanceId"] = other = shop.online("web2")
    shop.moved("web1", State.REBOOTING)
    machines.reboot(held(shop, "web1"), shop.provider, REACH)
    after = shop.store.snapshot("shop").instances["web1"]
    assert (after.state, after.machine.elastic_address) == (State.ONLINE, address["PublicIp"])
    assert address["InstanceId"] == other
    assert "was given to" in shop.look().unenforced[0]
