"""Calls of EC2 that did their work and whose answer was lost: made again, they do it once and are no error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.resources import Ingress
from stackward.known_resource import ResourceKind
from stackward.providers.base import MachineRequest
from stackward.resources.change import Change, Verb
from tests.contract.providers.ec2_shop import OPTIONS, cloud, region, shop
from tests.ec2_stand_in.faults import Fault, How

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]

WEB = Ingress("tcp", 80, 80, network="0.0.0.0/0")
RDS = {"instance_class": "db.t4g.small", "encrypted": True, "multi_az": False, "backup_days": 7}
MAIN = Database("main", DatabaseEngine.POSTGRESQL, "main", options=RDS)


@pytest.fixture(params=[How.LOST, How.AFTER], ids=["cut", "error of AWS"])
def lost(request, cloud):
    """Have the next answer to an action be lost after its work was done."""

    def lose(action):
        cloud.faults = [Fault(action, "InternalError", 500, how=request.param)]

    yield lose
    assert cloud.faults == []


@pytest.fixture
def machine(shop):
    request = MachineRequest("shop", "web1", "t", "ssh-ed25519 A", {}, ("/srv",))
    return shop.provider.create(
        replace(request, placement={"image": OPTIONS["image"], "type": "m5.large", "market": "on-demand"})
    )


def group(shop, verb, **data):
    shop.provider.change(
        "shop", Change(ResourceKind.SECURITY_GROUP, verb, "web", "the group", "it is wanted", data=data)
    )


def leftover(shop, kind, **data):
    shop.provider.change("shop", Change(kind, Verb.DELETE, "main", "it", "nobody wants it", data=data))


def test_an_address_is_allocated_once(shop, cloud, machine, lost):
    lost("AllocateAddress")
    found = shop.provider.attach_address("shop", machine.id)
    assert [item["PublicIp"] for item in cloud.addresses.values()] == [found.elastic_address]


def test_an_address_is_taken_and_given_back(shop, cloud, machine, lost):
    shop.provider.attach_address("shop", machine.id)
    lost("DisassociateAddress")
    assert shop.provider.detach_address("shop", machine.id).elastic_address is None
    lost("ReleaseAddress")
    leftover(shop, ResourceKind.ADDRESS, instance="web1")
    assert cloud.addresses == {}


def test_a_volume_is_attached(shop, cloud, lost):
    lost("AttachVolume")
    request = MachineRequest("shop", "web1", "t", "ssh-ed25519 A", {}, ("/srv",))
    made = shop.provider.create(
        replace(request, placement={"image": OPTIONS["image"], "type": "m5.large", "market": "on-demand"})
    )
    assert [disk.mount for disk in shop.provider.disks("shop", made.id)] == ["/srv"]


def test_a_volume_is_deleted(shop, cloud, machine, lost):
    shop.provider.terminate(machine.id)
    lost("DeleteVolume")
    leftover(shop, ResourceKind.VOLUME, instance="web1", mount="/srv")
    assert cloud.volumes == {}


def test_rules_are_added_and_taken_away(shop, cloud, lost):
    group(shop, Verb.CREATE)
    lost("AuthorizeSecurityGroupIngress")
    group(shop, Verb.UPDATE, add=[WEB], remove=[])
    lost("RevokeSecurityGroupIngress")
    group(shop, Verb.UPDATE, add=[], remove=[WEB])
    (made,) = [item for item in cloud.groups.groups.values() if item["GroupName"] == "stackward-shop-web"]
    assert made["IpPermissions"] == []


def test_a_database_is_changed_and_deleted(shop, cloud, lost):
    shop.provider.database("shop", MAIN, "password")
    lost("ModifyDBInstance")
    wanted = {"database": MAIN, "settings": {"multi_az": True}}
    shop.provider.change("shop", Change(ResourceKind.DATABASE, Verb.UPDATE, "main", "it", "it is wanted", data=wanted))
    shop.provider.database("shop", MAIN, "password")
    lost("DeleteDBInstance")
    leftover(shop, ResourceKind.DATABASE)
    assert cloud.databases.databases == {}
    assert len(cloud.databases.snapshots) == 1


def test_what_was_refused_for_another_reason_is_still_an_error(shop, cloud, machine):
    """Only an answer that was lost is looked after: here somebody else's machine has the volume."""
    shop.provider.terminate(machine.id)
    (volume,) = cloud.volumes.values()
    cloud.faults = [Fault("AttachVolume", "VolumeInUse", 400)]
    request = MachineRequest("shop", "web1", "t2", "ssh-ed25519 A", {}, ("/srv",))
    placement = {"image": OPTIONS["image"], "type": "m5.large", "market": "on-demand"}
    with pytest.raises(Exception, match="VolumeInUse"):
        shop.provider.create(replace(request, placement=placement))
    assert volume["Attachments"] == []
