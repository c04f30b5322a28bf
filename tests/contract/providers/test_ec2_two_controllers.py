"""Two controllers in one account and region: neither adopts, ends or counts what is the other's."""

from __future__ import annotations

import pytest

from stackward.definition.resources import Ingress
from stackward.errors import ProviderError
from stackward.lifecycle.states import State
from stackward.providers.base import MachineRequest
from tests.contract.providers.ec2_shop import OPTIONS, Shop, cloud, region, shop
from tests.contract.providers.ec2_slot import Slot
from tests.ec2_stand_in.cloud import IMAGE

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]
WEB = (Ingress("tcp", 8000, 8000, network="10.0.0.0/8"),)


def a_slot(tmp_path, name, cloud, connection):
    folder = tmp_path / name
    folder.mkdir()
    return Slot(cloud, str(folder), connection)


@pytest.fixture
def slots(tmp_path, cloud, region):
    """The same stack of the same name in two checkouts, each with a state of its own."""
    region[1].pause = lambda _: None
    return [a_slot(tmp_path, name, cloud, region[1]) for name in ("one", "other")]


def state_of(slot):
    return slot.store.snapshot("shop").instances["web1"].state


def launches(cloud):
    return [given for action, given in cloud.log if action == "RunInstances"]


def test_a_second_state_of_the_same_name_is_refused_and_launches_nothing(slots, cloud):
    one, other = slots
    one.boot()
    said = rf"A stack shop has machines already that this state has not made: {one.machine.id} \(web1, made for"
    with pytest.raises(ProviderError, match=said):
        other.boot()
    assert len(launches(cloud)) == 1
    assert other.machine is None
    one.has_one_machine()


def test_it_is_refused_for_an_instance_that_only_it_has_too(slots, cloud):
    one, other = slots
    one.boot()
    cloud.tag(one.machine.id, {"stackward:instance": "web7"})
    with pytest.raises(ProviderError, match=r"\(web7, .*\)\. Another controller or checkout has a stack of that name"):
        other.boot()
    assert len(launches(cloud)) == 1


def test_it_is_let_in_once_the_first_has_gone(slots, cloud):
    one, other = slots
    one.boot()
    one.terminate()
    other.boot()
    other.has_one_machine()


def test_volumes_and_addresses_that_the_first_has_left_are_the_others_by_the_names_of_its_instances(slots, cloud):
    """So a stack whose state is lost comes back with its data."""
    there = []
    for number, slot in enumerate(slots):
        place = {"image": IMAGE, "type": "m5.large", "market": "on-demand"}
        wanted = MachineRequest("shop", "web1", f"t-{number}", "ssh-ed25519 A", {}, ("/srv",), placement=place)
        made = slot.provider.create(wanted)
        elastic = slot.provider.attach_address("shop", made.id).elastic_address
        there.append((elastic, [disk.volume for disk in slot.provider.disks("shop", made.id)]))
        slot.provider.terminate(made.id)
    assert there[0] == there[1]
    assert len(cloud.volumes) == len(cloud.addresses) == 1


def test_a_terminate_of_the_second_leaves_the_first_alone(slots):
    one, other = slots
    one.boot()
    with pytest.raises(ProviderError):
        other.boot()
    other.terminate()
    assert state_of(other) is State.TERMINATED
    one.has_one_machine()


def test_one_whose_answer_was_lost_is_its_own(slots, cloud):
    one, _ = slots
    cloud.stuck = True
    with pytest.raises(ProviderError, match="is pending"):
        one.boot()
    assert one.machine.id is None
    cloud.stuck = False
    cloud.end(cloud.alive()[0]["InstanceId"], "Client.UserInitiatedShutdown: gone")
    one.boot()
    one.has_one_machine()


def test_security_groups_of_another_state_are_told_and_not_touched(tmp_path, shop, cloud, region):
    shop.layer("web", load_balancers=(), ingress=WEB)
    shop.layer("db", ingress=WEB)
    shop.converge()
    groups = {key: dict(item) for key, item in cloud.groups.groups.items()}
    other = Shop(tmp_path / "other", cloud, region[1])
    other.layer("web", load_balancers=(), ingress=())
    problems, done, calls = other.converge()
    assert [problem.partition(",")[0] for problem in problems] == [
        f"The security group of the layer {layer} (stackward-shop-{layer}) is there already as {key}"
        for layer, key in (("db", group_of(cloud, "db")), ("web", group_of(cloud, "web")))
    ]
    assert "another controller has a stack shop" in problems[0]
    assert (done, calls) == ([], [])
    assert cloud.groups.groups == groups


def test_stacks_of_other_names_have_nothing_in_common(tmp_path, shop, cloud, region):
    shop.layer("web", load_balancers=(), ingress=WEB)
    shop.converge()
    its = shop.online("web1")
    request = MachineRequest("shop-2", "web1", "t-other", "ssh-ed25519 A", {}, placement=placement())
    theirs = shop.provider.create(request).id
    address = shop.provider.attach_address("shop-2", theirs).elastic_address
    assert set(shop.provider.describe("shop")) == {its}
    assert set(shop.provider.describe("shop-2")) == {theirs}
    assert shop.provider.attach_address("shop", its).elastic_address != address
    shop.provider.remove_stack("shop-2")
    assert [item["InstanceId"] for item in cloud.alive()] == [its]
    assert group_of(cloud, "web")
    assert [item["InstanceId"] for item in cloud.addresses.values()] == [its]


def placement():
    return {"image": OPTIONS["image"], "type": "m5.large", "market": "on-demand"}


def group_of(cloud, layer):
    return next(key for key, item in cloud.groups.groups.items() if item["GroupName"] == f"stackward-shop-{layer}")
