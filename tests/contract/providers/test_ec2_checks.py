"""The status checks of EC2, as a word of the provider for what is wrong with a machine."""

from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from tests.contract.providers.ec2_shop import cloud, region, shop
from tests.ec2_stand_in.faults import Fault

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


@pytest.mark.parametrize("check", ["SystemStatus", "InstanceStatus"])
def test_a_machine_whose_checks_fail_is_impaired(shop, cloud, check):
    sound, broken = (shop.online(name) for name in ("web1", "web2"))
    assert shop.provider.impaired([sound, broken]) == {}
    cloud.failing = {broken: check}
    said = f"its {check.removesuffix('Status').lower()} status check fails since 11:58:00 UTC"
    assert shop.provider.impaired([sound, broken]) == {broken: said}


def test_many_are_asked_about_a_hundred_at_a_time(shop, cloud):
    machine = shop.online("web1")
    pattern = cloud.instances[machine]
    others = [f"i-{number:017x}" for number in range(1000, 1150)]
    cloud.instances.update({each: {**pattern, "InstanceId": each} for each in others})
    cloud.failing = {others[-1]: "SystemStatus"}
    cloud.log.clear()
    assert list(shop.provider.impaired([machine, *others])) == [others[-1]]
    asked = [len(given["InstanceIds"]) for action, given in cloud.log if action == "DescribeInstanceStatus"]
    assert asked == [100, 51]


def test_a_role_that_may_not_ask_is_said(shop, cloud):
    cloud.faults = [Fault("DescribeInstanceStatus", "UnauthorizedOperation", 403)]
    with pytest.raises(ProviderError, match=r"read the status checks of instances.*UnauthorizedOperation"):
        shop.provider.impaired([shop.online("web1")])
