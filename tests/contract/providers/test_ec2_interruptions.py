"""The notice that AWS gives before it takes a spot instance back."""

from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.providers.ec2 import placements
from tests.contract.providers.ec2_shop import cloud, region, shop
from tests.ec2_stand_in.cloud import IMAGE
from tests.ec2_stand_in.faults import Fault
from tests.ec2_stand_in.spot import NOTICED_AT

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]

SPOT = {"image": IMAGE, "type": "m5.large", "market": "spot"}
ON_DEMAND = {**SPOT, "market": "on-demand"}


def launched(shop, name, place):
    request = MachineRequest("shop", name, f"t-{name}", "ssh-ed25519 A", {}, placement=place)
    return shop.provider.create(request).id


@pytest.mark.parametrize(
    "code", ["instance-terminated-no-capacity", "instance-terminated-by-price", "marked-for-termination"]
)
def test_a_machine_that_runs_and_is_taken_back_is_told_of(shop, cloud, code):
    first, second = (launched(shop, name, SPOT) for name in ("web1", "web2"))
    places = {first: SPOT, second: SPOT}
    assert shop.provider.reclaimed(places) == {}
    cloud.spot.notice(second, code)
    said = f"AWS takes the spot machine {second} back ({code} since 11:59:30 UTC)"
    assert shop.provider.reclaimed(places) == {second: said}
    assert shop.provider.describe("shop")[second].state.value == "running"


def test_nobody_is_asked_where_nothing_was_bought_as_spot(shop, cloud):
    machine = launched(shop, "web1", ON_DEMAND)
    cloud.log.clear()
    assert shop.provider.reclaimed({machine: ON_DEMAND}) == {}
    assert cloud.log == []


def test_one_call_tells_of_a_thousand(shop, cloud):
    pattern = cloud.instances[launched(shop, "web1", SPOT)]
    others = [f"i-{number:017x}" for number in range(1000, 2000)]
    cloud.instances.update({each: {**pattern, "InstanceId": each} for each in others})
    cloud.spot.notice(others[-1])
    cloud.log.clear()
    assert list(shop.provider.reclaimed(dict.fromkeys(others, SPOT))) == [others[-1]]
    assert [action for action, _ in cloud.log] == ["DescribeSpotInstanceRequests"]


def test_what_others_in_the_account_lose_is_theirs(shop, cloud):
    ours, theirs = (launched(shop, name, SPOT) for name in ("web1", "web2"))
    cloud.spot.notice(theirs)
    assert shop.provider.reclaimed({ours: SPOT}) == {}


def test_the_place_of_one_that_is_taken_back_is_passed_over_for_a_while_from_the_notice_on(shop, cloud):
    machine = launched(shop, "web1", SPOT)
    cloud.spot.notice(machine)
    for _ in range(2):
        shop.provider.reclaimed({machine: SPOT})
    assert shop.provider._region.refusals.known() == {placements.key(SPOT): NOTICED_AT.timestamp()}
    shop.provider._region.refusals.add(placements.key(SPOT), NOTICED_AT.timestamp() + 60)
    shop.provider.reclaimed({machine: SPOT})
    assert shop.provider._region.refusals.known() == {placements.key(SPOT): NOTICED_AT.timestamp() + 60}


def test_a_role_that_may_not_ask_is_said(shop, cloud):
    cloud.faults = [Fault("DescribeSpotInstanceRequests", "UnauthorizedOperation", 403)]
    with pytest.raises(ProviderError, match=r"describe spot requests.*UnauthorizedOperation"):
        shop.provider.reclaimed({launched(shop, "web1", SPOT): SPOT})
