"""Load balancers and security groups against moto, which knows AWS by its own reading of it."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.resources import BalancerType, Ingress, LoadBalancer
from stackward.known_resource import ResourceKind
from stackward.providers.ec2.provider import Ec2Provider
from stackward.resources import database_settings
from stackward.resources.change import Change, Verb
from stackward.resources.sight import Query
from tests.ec2_stand_in.connecting import connected
from tests.ec2_stand_in.server import environment

pytestmark = pytest.mark.aws

REGION = "eu-west-1"
OPTIONS = {"region": REGION, "image": "ami-0123456789abcdef0", "instance_types": ["m5.large"]}


@pytest.fixture(scope="module")
def moto():
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in environment("").items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL")
        yield


@pytest.fixture(scope="module")
def machine(moto):
    ec2 = boto3.client("ec2", REGION)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "stackward:stack", "Value": "shop"}]}]
    return ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"][0][
        "InstanceId"
    ]


@pytest.fixture
def provider(moto, tmp_path):
    return Ec2Provider(OPTIONS, str(tmp_path), connection=connected(REGION))


def change(verb, layer, **data):
    return Change(ResourceKind.SECURITY_GROUP, verb, layer, "the group", "it is wanted", data=data)


def test_an_instance_joins_and_leaves_a_target_group_and_a_classic_load_balancer(provider, machine):
    vpc = boto3.client("ec2", REGION).describe_vpcs()["Vpcs"][0]["VpcId"]
    elbv2, elb = boto3.client("elbv2", REGION), boto3.client("elb", REGION)
    group = {"Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": "instance"}
    elbv2.create_target_group(Name="shop-web", **group)
    # moto keeps one port of an instance in each target group.
    arn = elbv2.create_target_group(Name="shop-api", **group)["TargetGroups"][0]["TargetGroupArn"]
    listener = {"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}
    elb.create_load_balancer(LoadBalancerName="shop", Listeners=[listener], AvailabilityZones=[f"{REGION}a"])
    balancers = [
        LoadBalancer(BalancerType.TARGET_GROUP, "shop-web"),
        LoadBalancer(BalancerType.TARGET_GROUP, arn, 8000),
        LoadBalancer(BalancerType.CLASSIC, "shop"),
        LoadBalancer(BalancerType.CLASSIC, "nobodys"),
        LoadBalancer(BalancerType.TARGET_GROUP, "nobodys"),
    ]
    there = {balancer.key for balancer in balancers[:3]}
    assert provider.join(balancers, machine, None) == ()
    seen = provider.survey("shop", Query(tuple(balancers)))
    assert {key: list(members) for key, members in seen.members.items()} == {key: [machine] for key in there}
    assert provider.leave(balancers, machine, 10) == ()
    seen = provider.survey("shop", Query(tuple(balancers)))
    assert {key: list(members) for key, members in seen.members.items()} == {key: [] for key in there}


def test_groups_are_made_changed_given_and_deleted(provider, machine):
    rules = [
        Ingress("tcp", 8000, 8010, layer="lb"),
        Ingress("tcp", 80, 80, network="10.0.0.0/8"),
        Ingress("icmp", 0, 0, network="0.0.0.0/0"),
        Ingress("all", 0, 0, layer="web"),
    ]
    for layer in ("lb", "web"):
        provider.change("shop", change(Verb.CREATE, layer))
        provider.change("shop", change(Verb.CREATE, layer))
    for _ in range(2):
        provider.change("shop", change(Verb.UPDATE, "web", add=rules, remove=[]))
    provider.change("shop", change(Verb.ATTACH, "web1", machine=machine, layers=["web"]))
    seen = provider.survey("shop", Query(groups=True)).groups
    assert seen.by_layer["web"].rules == frozenset(rules)
    assert seen.by_layer["web"].id in seen.of_machine[machine]
    provider.change("shop", change(Verb.UPDATE, "web", add=[], remove=rules[1:]))
    assert provider.survey("shop", Query(groups=True)).groups.by_layer["web"].rules == frozenset(rules[:1])
    provider.change("shop", change(Verb.UPDATE, "web", add=[], remove=rules[:1]))
    provider.change("shop", change(Verb.DETACH, "web1", machine=machine, layers=[]))
    for layer in ("lb", "web"):
        provider.change("shop", change(Verb.DELETE, layer, group=seen.by_layer[layer].id))
    assert provider.survey("shop", Query(groups=True)).groups.by_layer == {}


def test_a_database_is_made_found_and_deleted(provider):
    options = {"instance_class": "db.t4g.small", "encrypted": True, "multi_az": False, "backup_days": 7}
    main = Database("main", DatabaseEngine.POSTGRESQL, "shop", size=50, version="15.4", options=options)
    made = provider.database("shop", main, "correct-horse-battery")
    assert made.ready
    assert made.settings == database_settings.wanted(main)
    assert provider.database("shop", main, "another-password") == made
    assert provider.survey("shop", Query(databases=(main,))).databases == {"main": made}
    assert provider.survey("other", Query(databases=(main,))).databases == {}
    gone = Change(ResourceKind.DATABASE, Verb.DELETE, "main", "the database", "nobody wants it")
    provider.change("shop", gone)
    provider.change("shop", gone)
    assert provider.survey("shop", Query(databases=(main,))).databases == {}
    snapshots = boto3.client("rds", REGION).describe_db_snapshots()["DBSnapshots"]
    assert [item["DBSnapshotIdentifier"].startswith("stackward-shop-main-last") for item in snapshots] == [True]
