"""What AWS refuses, or has otherwise than before, without a fault of its own: said with what to do, nothing lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest, MachineState
from tests.contract.providers.test_ec2 import Placed
from tests.contract.providers.test_ec2_options import OPTIONS, asked, cloud, made, provider, region
from tests.ec2_stand_in.connecting import connected
from tests.ec2_stand_in.faults import Fault

pytestmark = pytest.mark.aws

__all__ = ["cloud", "provider", "region"]


def test_a_machine_that_could_be_stopped_is_not_terminated_where_aws_refuses_to_stop_it(provider, cloud):
    its = provider()
    machine = made(its)
    cloud.faults = [Fault("StopInstances", "UnsupportedOperation")]
    with pytest.raises(ProviderError, match="UnsupportedOperation"):
        its.stop(machine.id)
    assert [item["InstanceId"] for item in cloud.alive()] == [machine.id]


def test_what_somebody_has_just_stopped_or_started_is_waited_for_and_then_started_or_stopped(provider, cloud):
    """AWS refuses to start what is stopping, and to stop what is pending."""
    its = provider()
    machine = made(its)
    cloud.lag = 3
    cloud.StopInstances({"InstanceIds": [machine.id]})
    assert its.start(machine.id).state is MachineState.RUNNING
    cloud.StopInstances({"InstanceIds": [machine.id]})
    its.describe("shop")
    its.stop(machine.id)
    cloud.StartInstances({"InstanceIds": [machine.id]})
    assert its.stop(machine.id).state is MachineState.STOPPED


def test_a_device_that_something_else_of_the_machine_has_is_left_to_it(provider, cloud):
    its = provider()
    machine = made(its)
    others = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-0other"}}, {"DeviceName": "xvdg"}]
    cloud.instances[machine.id]["BlockDeviceMappings"] = others
    request = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    its.add_volumes(replace(request, machine_id=machine.id))
    assert [given["Device"] for given in asked(cloud, "AttachVolume")] == ["/dev/sdh"]


def test_a_volume_that_is_being_deleted_is_none(provider, cloud):
    its = provider()
    request = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    machine = its.create(request)
    its.terminate(machine.id)
    (old,) = cloud.volumes
    cloud.volumes[old]["State"] = "deleting"
    machine = its.create(replace(request, token="another"))
    assert [disk.volume for disk in its.disks("shop", machine.id)] == [name for name in cloud.volumes if name != old]


@pytest.mark.parametrize("size", [8, 40])
def test_a_volume_whose_token_made_one_that_was_deleted_is_made_with_another(provider, cloud, size):
    """AWS goes on telling of the first one that a token has made, and refuses the token for one of another size."""
    its = provider()
    request = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    machine = its.create(request)
    (old,) = cloud.volumes
    cloud.volumes[old] |= {"State": "deleted", "Attachments": []}
    its.stop(machine.id)
    its.start(machine.id)
    its.create(replace(request, sizes={"/srv": size}))
    (disk,) = its.disks("shop", machine.id)
    assert disk.volume != old
    assert cloud.volumes[disk.volume]["Size"] == size


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("RunInstances", "OperationNotPermitted"), "Somebody protects it"),
        (Fault("RunInstances", "VPCIdNotSpecified"), "Name subnets: provider.subnets in the stack file"),
        (Fault("AllocateAddress", "AddressLimitExceeded"), "ask AWS for a higher one .Service Quotas."),
    ],
)
def test_what_the_account_has_no_more_of_says_what_to_do(provider, cloud, fault, said):
    cloud.faults = [fault]
    its = provider()
    with pytest.raises(ProviderError, match=said):
        its.attach_address("shop", made(its).id)


def test_a_region_that_nobody_answers_for_says_what_to_look_at(tmp_path, monkeypatch):
    for name, value in {"ENDPOINT_URL": "http://127.0.0.1:9", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    its = Placed(OPTIONS, str(tmp_path), connection=connected("eu-tset-1"))
    with pytest.raises(ProviderError, match=r"Is provider\.region of the stack file a region of AWS"):
        its.describe("shop")


def test_a_machine_without_its_tags_gets_no_address_that_nobody_would_find_again(provider, cloud):
    its = provider()
    machine = made(its)
    cloud.untag(machine.id)
    with pytest.raises(ProviderError, match=r"has no tags any more.*stackward stop, then start"):
        its.attach_address("shop", machine.id)
    assert cloud.addresses == {}


def test_an_address_that_aws_does_not_know_yet_or_does_not_show_yet_is_the_machines_all_the_same(provider, cloud):
    its = provider(subnets=["subnet-a"], address="public")
    machine = made(its)
    cloud.elastic.unknown, cloud.elastic.late = 2, True
    elastic = its.attach_address("shop", machine.id)
    (address,) = [item["PublicIp"] for item in cloud.addresses.values()]
    assert (elastic.elastic_address, elastic.address) == (address, address)


def test_an_address_that_is_never_known_is_not_asked_for_for_ever(provider, cloud):
    its = provider()
    machine = made(its)
    cloud.elastic.unknown = 999
    with pytest.raises(ProviderError, match="InvalidAllocationID"):
        its.attach_address("shop", machine.id)
    assert 5 < len(asked(cloud, "AssociateAddress")) < 30


def test_a_volume_that_not_all_of_aws_knows_yet_is_attached_once_it_does(provider, cloud):
    cloud.faults = [Fault("AttachVolume", "InvalidVolume.NotFound", times=2)]
    its = provider()
    machine = its.create(MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",)))
    assert [disk.mount for disk in its.disks("shop", machine.id)] == ["/srv"]


def test_a_volume_that_aws_does_not_let_grow_says_what_aws_said(provider, cloud):
    its = provider()
    request = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    machine = its.create(request)
    cloud.faults = [Fault("ModifyVolume", "VolumeLimitExceeded")]
    with pytest.raises(ProviderError, match="VolumeLimitExceeded"):
        its.add_volumes(replace(request, machine_id=machine.id, sizes={"/srv": 40}))


def kept_in(cloud, its, zone):
    """A volume of the instance is left in a zone."""
    request = MachineRequest("shop", "web1", "before", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    its.terminate(its.create(request).id)
    (volume,) = cloud.volumes.values()
    volume["AvailabilityZone"] = zone


def test_a_volume_in_a_zone_that_the_file_does_not_name_says_which(provider, cloud):
    its = provider(zones=["eu-test-1a"])
    kept_in(cloud, its, "eu-test-1c")
    request = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    with pytest.raises(ProviderError, match=r"are in eu-test-1c, .* Add that zone to provider\.zones\."):
        its.create(request)


def test_a_volume_in_another_zone_than_the_running_machine_says_how_they_come_together(provider, cloud):
    its = provider(zones=["eu-test-1a"])
    kept_in(cloud, its, "eu-test-1b")
    machine = made(its)
    request = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    with pytest.raises(ProviderError, match=r"ZoneMismatch.*next machine is launched in the zone of its volumes"):
        its.add_volumes(replace(request, machine_id=machine.id))
