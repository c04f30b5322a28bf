"""Security groups of EC2, from the stack file to the calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.model import Layer, ProviderChoice
from stackward.definition.resources import Ingress
from stackward.engine import resourcing
from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.providers.ec2.provider import Ec2Provider
from tests.contract.providers.ec2_shop import NOW, OPTIONS, cloud, region, shop
from tests.ec2_stand_in.cloud import SUBNET_ELSEWHERE
from tests.ec2_stand_in.faults import Fault, How

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


def test_groups_are_made_given_to_machines_and_kept_up_to_date(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=(), ingress=(Ingress("tcp", 8000, 8000, network="10.0.0.0/8"),))
    assert shop.converge()[1] == [
        "create security group of the layer web (stackward-shop-web)",
        "update security group of the layer web (stackward-shop-web)",
        "attach security group of web to web1",
    ]
    group = next(key for key, item in cloud.groups.groups.items() if item["GroupName"] == "stackward-shop-web")
    assert [each["GroupId"] for each in cloud.instances[machine]["SecurityGroups"]] == [group]
    assert shop.converge() == ((), [], [])
    shop.layer("web", ingress=(), open_by_default=True)
    assert shop.converge()[1] == ["update security group of the layer web (stackward-shop-web)"]
    rules = [(each["IpProtocol"], each.get("FromPort")) for each in cloud.groups.groups[group]["IpPermissions"]]
    assert sorted(rules) == [("-1", None), ("tcp", 22)]
    assert shop.converge() == ((), [], [])


@pytest.mark.parametrize(
    "rule",
    [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "PrefixListIds": [{"PrefixListId": "pl-0123456789abcdef0"}],
        },
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0db"}]},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "icmpv6", "FromPort": -1, "ToPort": -1, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        {"IpProtocol": "50", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    ],
    ids=["network", "IPv6", "prefix list", "group", "icmp", "icmpv6", "protocol without ports", "one type of icmp"],
)
def test_a_rule_that_somebody_has_added_is_taken_away_whatever_it_names(shop, cloud, rule):
    shop.layer("web", load_balancers=(), ingress=())
    shop.converge()
    (group,) = [item for item in cloud.groups.groups.values() if item["GroupName"] == "stackward-shop-web"]
    before = list(group["IpPermissions"])
    cloud.groups.AuthorizeSecurityGroupIngress({"GroupId": group["GroupId"], "IpPermissions": [rule]})
    assert shop.converge()[1] == ["update security group of the layer web (stackward-shop-web)"]
    assert group["IpPermissions"] == before
    assert shop.converge() == ((), [], [])


def test_a_group_goes_when_the_file_has_no_ingress_and_no_machine_has_it(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=(), ingress=())
    shop.converge()
    shop.layer("web", ingress=None)
    assert shop.converge()[1] == ["detach security group of web from web1"]
    assert shop.converge()[1] == ["delete security group of the layer web (stackward-shop-web)"]
    assert [each["GroupName"] for each in cloud.instances[machine]["SecurityGroups"]] == ["default"]
    assert sorted(item["GroupName"] for item in cloud.groups.groups.values()) == ["db", "default", "web"]
    assert shop.store.resources("shop") == ()


def test_groups_that_let_each_other_in_go_together_with_their_layers(shop, cloud):
    for layer in ("web", "db"):
        shop.layer(layer, load_balancers=(), ingress=(), open_by_default=True)
    assert shop.converge()[0] == ()
    assert any(item["UserIdGroupPairs"] for group in cloud.groups.groups.values() for item in group["IpPermissions"])
    shop.stack = replace(shop.stack, layers={"web": Layer("web")})
    for _ in range(2):
        problems, _done, _calls = shop.converge()
        assert problems == ()
    assert sorted(item["GroupName"] for item in cloud.groups.groups.values()) == ["db", "default", "web"]
    assert shop.store.resources("shop") == ()


def test_a_group_whose_answer_was_lost_is_taken_up_and_one_of_somebody_else_is_not(shop, cloud):
    shop.layer("web", load_balancers=(), ingress=())
    cloud.faults.append(Fault("CreateSecurityGroup", how=How.LOST))
    assert shop.converge()[0] == ()
    assert [item["GroupName"] for item in cloud.groups.groups.values()].count("stackward-shop-web") == 1
    for item in cloud.groups.groups.values():
        item["Tags"] = []
    problems, _done, _calls = shop.converge()
    assert "There is a security group stackward-shop-web already, and it is not this stack's" in problems[0]


def test_a_group_that_aws_does_not_show_yet_is_waited_for(shop, cloud):
    shop.layer("web", load_balancers=(), ingress=())
    look = shop.look()
    cloud.groups.unseen = 5
    actor = resourcing.Actor("test", shop.run)
    done = []
    assert resourcing.carry_out(shop.store, shop.stack, shop.provider, look, actor, lambda: NOW, done.append) == ()
    assert len(done) == 2
    assert [item["GroupName"] for item in cloud.groups.groups.values()].count("stackward-shop-web") == 1
    assert shop.converge() == ((), [], [])


@pytest.mark.parametrize("action", ["AuthorizeSecurityGroupIngress", "ModifyInstanceAttribute"])
def test_a_group_that_not_all_of_aws_knows_yet_is_used_once_it_does(shop, cloud, action):
    shop.online("web1")
    shop.layer("web", load_balancers=(), ingress=())
    cloud.faults = [Fault(action, "InvalidGroup.NotFound", times=2)]
    problems, done, _calls = shop.converge()
    assert problems == ()
    assert len(done) == 3
    assert cloud.faults == []


def test_a_group_that_the_network_interface_of_a_machine_holds_yet_is_deleted_once_it_lets_go(shop, cloud):
    shop.layer("web", load_balancers=(), ingress=())
    shop.converge()
    shop.layer("web", ingress=None)
    cloud.faults = [Fault("DeleteSecurityGroup", "DependencyViolation", times=4)]
    assert shop.converge()[:2] == ((), ["delete security group of the layer web (stackward-shop-web)"])
    assert sum(shop.pauses) == 20.0


def test_a_group_that_something_else_holds_is_said_and_tried_again_by_the_next_converge(shop, cloud):
    shop.layer("web", load_balancers=(), ingress=())
    shop.converge()
    shop.layer("web", ingress=None)
    cloud.faults = [Fault("DeleteSecurityGroup", "DependencyViolation", times=6)]
    problems, done, _calls = shop.converge()
    assert "DependencyViolation" in problems[0]
    assert done == []
    assert sum(shop.pauses) < 30
    assert shop.converge()[1] == ["delete security group of the layer web (stackward-shop-web)"]


def test_the_groups_of_a_stack_go_with_it_though_they_are_held_for_a_minute(shop, cloud):
    shop.layer("web", load_balancers=(), ingress=())
    shop.converge()
    cloud.faults = [Fault("DeleteSecurityGroup", "DependencyViolation", times=12)]
    shop.provider.remove_stack("shop")
    assert [item["GroupName"] for item in cloud.groups.groups.values()] == ["default", "web", "db"]


def test_a_machine_is_launched_with_the_groups_of_its_layers(shop, cloud):
    shop.layer("web", ingress=())
    shop.converge()
    request = MachineRequest("shop", "web2", "t", "ssh-ed25519 A", {}, groups=("web",))
    place = shop.provider.place(request, ())
    assert [cloud.groups.groups[group]["GroupName"] for group in place["security_groups"]] == ["stackward-shop-web"]
    with pytest.raises(ProviderError, match="The security group of the layer db is not there"):
        shop.provider.place(replace(request, groups=("db",)), ())


def test_a_layers_own_options_say_from_where_ssh_reaches_its_machines_and_in_which_network_its_group_is(
    shop, cloud, region, tmp_path
):
    options = {**OPTIONS, "subnets": [SUBNET_ELSEWHERE], "ssh_from": ["192.0.2.0/24"]}
    shop.layer("web", load_balancers=(), ingress=(), provider=ProviderChoice("ec2", options))
    shop.layer("db", ingress=())
    assert shop.converge()[0] == ()
    groups = {item["GroupName"]: item for item in cloud.groups.groups.values()}
    assert groups["stackward-shop-web"]["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "192.0.2.0/24"}]
    assert groups["stackward-shop-db"]["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    its = Ec2Provider(options, str(tmp_path), connection=region[1])
    request = MachineRequest("shop", "web1", "t", "ssh-ed25519 A", {}, groups=("web",))
    machine = its.create(replace(request, placement=its.place(request, ())))
    (group,) = cloud.instances[machine.id]["SecurityGroups"]
    assert group["GroupId"] == groups["stackward-shop-web"]["GroupId"]
    assert shop.converge() == ((), [], [])


def test_resources_need_no_image_and_no_type_where_each_layer_has_its_own(shop, tmp_path, region):
    shop.online("web1")
    shop.layer("web", load_balancers=(), ingress=())
    shop.provider = Ec2Provider({"region": OPTIONS["region"]}, str(tmp_path), connection=region[1])
    problems, done, _calls = shop.converge()
    assert (problems, len(done)) == ((), 3)
    with pytest.raises(ProviderError, match="The provider ec2 needs image"):
        shop.provider.place(MachineRequest("shop", "web2", "t", "ssh-ed25519 A", {}), ())


def test_a_group_in_a_subnet_that_is_not_there_says_so(shop):
    shop.layer("web", load_balancers=(), ingress=())
    shop.stack = replace(shop.stack, provider=ProviderChoice("ec2", {**OPTIONS, "subnets": ["subnet-typo"]}))
    problems, done, _calls = shop.converge()
    assert done == []
    assert "There is no subnet subnet-typo in eu-test-1. Correct provider.subnets in the stack file." in problems[0]
