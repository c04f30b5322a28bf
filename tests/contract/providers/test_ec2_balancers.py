"""Load balancers of EC2, from the stack file to the calls."""

from __future__ import annotations

import pytest

from stackward.engine import balancing
from stackward.errors import ProviderError
from stackward.lifecycle.states import State
from tests.contract.providers.ec2_shop import FRONT, NOW, cloud, held, region, shop
from tests.ec2_stand_in.faults import Fault, How

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


def test_those_who_are_online_are_registered_everywhere_and_a_second_converge_makes_no_mutating_call(shop, cloud):
    first = shop.online("web1")
    problems, done, _calls = shop.converge()
    assert problems == ()
    assert done == [
        "register web1 with target group shop-web (port 8000)",
        "register web1 with classic load balancer shop",
    ]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}
    assert cloud.balancers.members("shop") == {first: "healthy"}
    assert shop.converge() == ((), [], [])


def test_a_registration_has_the_online_instances_configured(shop):
    shop.online("web1")
    before = shop.store.snapshot("shop").generation
    shop.converge()
    after = shop.store.snapshot("shop").generation
    assert after > before
    shop.converge()
    assert shop.store.snapshot("shop").generation == after


def test_who_is_not_online_any_more_is_deregistered_and_forgotten_once_drained(shop, cloud):
    first = shop.online("web1")
    shop.converge()
    shop.moved("web1", State.CONNECTION_LOST)
    assert shop.converge()[1] == [
        "deregister web1 from target group shop-web (port 8000)",
        "deregister web1 from classic load balancer shop",
    ]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "draining"}
    for _ in range(4):
        assert shop.converge()[2] == []
    assert shop.store.resources("shop") == ()


def test_members_of_others_are_reported_and_left_alone(shop, cloud):
    cloud.balancers.classics["shop"]["members"]["i-foreign"] = {"state": "healthy"}
    changes = shop.look()
    assert [(item.balancer, item.member) for item in changes.foreign] == [("classic load balancer shop", "i-foreign")]
    shop.converge()
    assert cloud.balancers.members("shop") == {"i-foreign": "healthy"}


def test_a_machine_of_ours_that_is_gone_and_long_said_to_drain_is_no_member_of_others(shop, cloud):
    """An application load balancer says so until its deregistration delay is over, five minutes by default."""
    cloud.balancers.lag = 99
    shop.online("web1")
    shop.converge()
    shop.moved("web1", State.CONNECTION_LOST)
    shop.converge()
    with shop.store.transaction("shop") as transaction:
        transaction.set_machine("web1", transaction.claim("web1", shop.run, "test", NOW, NOW).epoch, None)
        transaction.release("web1", transaction.state.instances["web1"].epoch)
    for _ in range(3):
        assert shop.look().foreign == ()
        assert shop.converge() == ((), [], [])
    assert set(cloud.balancers.members("shop-web").values()) == {"draining"}


def test_a_target_group_that_no_listener_uses_holds_up_no_deploy(shop, cloud):
    cloud.balancers.unused = True
    shop.online("web1")
    assert balancing.join(held(shop, "web1"), shop.provider, 10.0)
    assert set(cloud.balancers.members("shop-web").values()) == {"unused"}


def test_an_instance_behind_another_port_is_no_member_at_the_one_of_the_stack_file(shop, cloud):
    first = shop.online("web1")
    (group,) = cloud.balancers.groups.values()
    group["members"][first, 9000] = {"state": "healthy"}
    assert "register web1 with target group shop-web (port 8000)" in shop.converge()[1]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy", (first, 9000): "healthy"}
    assert shop.converge() == ((), [], [])


def test_a_load_balancer_that_is_not_there_is_a_problem_and_keeps_nobody_from_the_others(shop, cloud):
    del cloud.balancers.classics["shop"]
    first = shop.online("web1")
    problems, _done, _calls = shop.converge()
    assert [problem.partition(",")[0] for problem in problems] == ["There is no classic load balancer shop"]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}


def test_a_load_balancer_that_leaves_the_file_loses_the_members_that_are_ours(shop, cloud):
    first = shop.online("web1")
    cloud.balancers.classics["shop"]["members"]["i-foreign"] = {"state": "healthy"}
    shop.converge()
    shop.layer("web", load_balancers=(FRONT,))
    assert shop.converge()[1] == ["deregister web1 from classic load balancer shop"]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}
    assert cloud.balancers.members("shop")["i-foreign"] == "healthy"


def test_a_registration_whose_answer_is_lost_is_no_second_one(shop, cloud):
    cloud.faults.append(Fault("RegisterTargets", how=How.LOST))
    first = shop.online("web1")
    assert shop.converge()[0] == ()
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}
    assert shop.converge() == ((), [], [])


def test_one_that_fails_keeps_no_other_from_being_registered_and_is_done_the_next_time(shop, cloud):
    cloud.faults.append(Fault("RegisterTargets", code="TooManyTargets", times=1))
    shop.online("web1")
    problems, done, _calls = shop.converge()
    assert "TooManyTargets" in problems[0]
    assert done == ["register web1 with classic load balancer shop"]
    assert shop.converge()[1] == ["register web1 with target group shop-web (port 8000)"]


def test_leaving_waits_until_every_load_balancer_has_drained_the_instance(shop, cloud):
    cloud.balancers.lag = 4
    shop.online("web1")
    shop.converge()
    shop.pauses.clear()
    assert balancing.leave(held(shop, "web1"), shop.provider, 60.0)
    assert cloud.balancers.members("shop-web") == cloud.balancers.members("shop") == {}
    assert len(shop.pauses) >= 3


def test_leaving_gives_up_in_time_and_says_who_was_slow(shop, cloud):
    cloud.balancers.lag = 1000
    shop.online("web1")
    shop.converge()
    balancing.leave(held(shop, "web1"), shop.provider, 6.0)
    said = shop.store.journal("shop", kinds=("balancer",))[-1].text
    assert said.endswith("not done within 6 s: target group shop-web (port 8000), classic load balancer shop")


def test_joining_waits_until_the_load_balancers_find_the_instance_well(shop, cloud):
    machine = shop.online("web1")
    where = (held(shop, "web1"), shop.provider)
    assert balancing.join(*where, 10.0)
    cloud.balancers.classics["shop"]["members"][machine]["state"] = "unhealthy"
    with pytest.raises(ProviderError, match="web1 is registered, and not found well in time by classic load balancer"):
        balancing.join(*where, 4.0)
