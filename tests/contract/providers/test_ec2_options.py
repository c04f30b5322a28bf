"""What the stack file says about machines of EC2, as AWS is asked for it, and what comes of it."""

from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest, MachineState
from tests.contract.providers.test_ec2 import Placed
from tests.ec2_stand_in.cloud import DEPRECATED_IMAGE, IMAGE, STORE_IMAGE, Cloud
from tests.ec2_stand_in.connecting import connected
from tests.ec2_stand_in.hypervisor import HOST_KEY
from tests.ec2_stand_in.server import standing_in

pytestmark = pytest.mark.aws

OPTIONS = {"region": "eu-test-1", "image": IMAGE, "instance_types": ["m5.large"]}


@pytest.fixture(scope="module")
def region():
    """A cloud that is served, and a connection to it: its clients take long to make."""
    made = Cloud()
    with standing_in(made):
        yield made, connected()


@pytest.fixture
def cloud(region):
    made: Cloud = region[0]
    made.__init__()  # type: ignore[misc]
    return made


@pytest.fixture
def provider(cloud, region, tmp_path):
    def having(**options):
        return Placed({**OPTIONS, **options}, str(tmp_path), connection=region[1])

    return having


def made(provider):
    return provider.create(MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS))


def launch(cloud):
    (given,) = [given for action, given in cloud.log if action == "RunInstances"]
    return given


def asked(cloud, action):
    return [given for name, given in cloud.log if name == action]


@pytest.mark.parametrize(
    ("options", "parameter", "value"),
    [
        ({"key_pair": "me"}, "KeyName", "me"),
        ({"instance_profile": "web"}, "IamInstanceProfile", {"Name": "web"}),
        (
            {"instance_profile": "arn:aws:iam::123456789012:instance-profile/web"},
            "IamInstanceProfile",
            {"Arn": "arn:aws:iam::123456789012:instance-profile/web"},
        ),
        ({"instance_types": "c6i.xlarge"}, "InstanceType", "c6i.xlarge"),
        ({"zones": ["eu-test-1b"]}, "Placement", {"AvailabilityZone": "eu-test-1b"}),
        ({"security_groups": ["sg-0db", "web"]}, "SecurityGroupIds", ["sg-0db", "sg-0web"]),
        (
            {"subnets": ["subnet-b"], "security_groups": "web"},
            "NetworkInterfaces",
            [
                {
                    "DeviceIndex": 0,
                    "SubnetId": "subnet-b",
                    "AssociatePublicIpAddress": False,
                    "Groups": ["sg-0web"],
                }
            ],
        ),
        ({"market": "on-demand"}, "InstanceInitiatedShutdownBehavior", "stop"),
        ({"market": "spot"}, "InstanceInitiatedShutdownBehavior", "terminate"),
        (
            {"market": "spot"},
            "InstanceMarketOptions",
            {
                "MarketType": "spot",
                "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
            },
        ),
        (
            {"market": "spot", "spot_price": "0.05"},
            "InstanceMarketOptions",
            {
                "MarketType": "spot",
                "SpotOptions": {
                    "SpotInstanceType": "one-time",
                    "InstanceInterruptionBehavior": "terminate",
                    "MaxPrice": "0.05",
                },
            },
        ),
        (
            {"root": {"size": 20, "type": "io2", "iops": 4000, "encrypted": True, "kms_key": "alias/disks"}},
            "BlockDeviceMappings",
            [
                {
                    "DeviceName": "/dev/xvda",
                    "Ebs": {
                        "DeleteOnTermination": True,
                        "Encrypted": True,
                        "VolumeType": "io2",
                        "VolumeSize": 20,
                        "Iops": 4000,
                        "KmsKeyId": "alias/disks",
                    },
                }
            ],
        ),
        (
            {},
            "BlockDeviceMappings",
            [
                {
                    "DeviceName": "/dev/xvda",
                    "Ebs": {"DeleteOnTermination": True, "Encrypted": True, "VolumeType": "gp3"},
                }
            ],
        ),
        ({"image": STORE_IMAGE}, "BlockDeviceMappings", None),
        ({"image": STORE_IMAGE}, "InstanceInitiatedShutdownBehavior", "terminate"),
        (
            {},
            "MetadataOptions",
            {"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
        ),
    ],
)
def test_an_option_reaches_the_launch(provider, cloud, options, parameter, value):
    assert made(provider(**options)).state is MachineState.RUNNING
    assert launch(cloud).get(parameter) == value


def test_tags_of_the_file_are_on_everything_that_is_made(provider, cloud):
    its = provider(tags={"team": "shop"})
    its.create(MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",)))
    its.attach_address("shop", next(iter(cloud.instances)))
    tag = {"Key": "team", "Value": "shop"}
    assert all(tag in spec["Tags"] for spec in launch(cloud)["TagSpecifications"])
    for action in ("CreateVolume", "AllocateAddress"):
        assert tag in asked(cloud, action)[0]["TagSpecifications"][0]["Tags"]


def test_volumes_are_encrypted_unless_the_file_says_otherwise(provider, cloud):
    for number, options in enumerate(({}, {"volumes": {"encrypted": False}})):
        request = MachineRequest("shop", f"web{number}", f"token-{number}", "ssh-ed25519 A", OPTIONS, volumes=("/srv",))
        provider(**options).create(request)
    assert [given["Encrypted"] for given in asked(cloud, "CreateVolume")] == [True, False]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (STORE_IMAGE, STORE_IMAGE),
        ({"ssm": "/test/image"}, IMAGE),
        ({"owner": "136693071363", "name": "debian-12-*"}, IMAGE),
        ({"owner": "136693071363", "name": "debian-12-*", "architecture": "arm64"}, "ami-00000000000000arm"),
    ],
)
def test_an_image_is_found_by_its_id_by_a_parameter_or_as_the_newest_of_an_owner_that_fits(
    provider, cloud, image, expected
):
    made(provider(image=image))
    assert launch(cloud)["ImageId"] == expected
    owners = [given["Owners"] for given in asked(cloud, "DescribeImages") if "Owners" in given]
    assert owners == ([["136693071363"]] if "owner" in image else [])


@pytest.mark.parametrize("image", [DEPRECATED_IMAGE, {"ssm": "/test/image"}], ids=["id", "parameter"])
def test_an_image_of_that_very_id_is_taken_also_once_its_owner_has_deprecated_it(provider, cloud, image):
    """AWS deprecates every public image when it is two years old; whoever knows its id may go on launching it."""
    cloud.parameters["/test/image"] = DEPRECATED_IMAGE
    made(provider(image=image))
    assert launch(cloud)["ImageId"] == DEPRECATED_IMAGE


def test_a_private_address_stays_and_a_public_one_is_new_after_each_stop_unless_it_is_elastic(provider):
    private = provider(subnets=["subnet-a"])
    machine = made(private)
    assert machine.address.startswith("192.0.2.")
    private.stop(machine.id)
    assert private.start(machine.id).address == machine.address
    private.terminate(machine.id)

    public = provider(subnets=["subnet-a"], address="public")
    machine = public.create(MachineRequest("shop", "web2", "another", "ssh-ed25519 AAAA", OPTIONS))
    assert machine.address.startswith("203.0.113.")
    assert public.stop(machine.id).address is None
    second = public.start(machine.id)
    assert second.address.startswith("203.0.113.")
    assert second.address != machine.address
    elastic = public.attach_address("shop", machine.id)
    assert elastic.address == elastic.elastic_address != second.address
    public.stop(machine.id)
    assert public.start(machine.id) == elastic


@pytest.mark.parametrize("options", [{"market": "spot"}, {"image": STORE_IMAGE}], ids=["spot", "instance store"])
def test_what_aws_cannot_stop_is_terminated_by_a_stop_and_keeps_its_volume(provider, cloud, options):
    its = provider(**options)
    request = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", OPTIONS, volumes=("/srv",))
    machine = its.create(request)
    assert its.stop(machine.id).state is MachineState.TERMINATED
    assert its.describe("shop") == {}
    assert [item["State"] for item in cloud.volumes.values()] == ["available"]


def test_a_stop_waits_for_the_guest_unless_it_is_by_force(provider, cloud):
    its = provider()
    machine = made(its)
    its.stop(machine.id)
    its.start(machine.id)
    its.stop(machine.id, force=True)
    assert [given["Force"] for given in asked(cloud, "StopInstances")] == [False, True]


def test_one_that_does_not_come_to_a_stop_is_stopped_by_force_the_second_time(provider, cloud):
    its = provider()
    machine = made(its)
    cloud.lag = 10_000
    with pytest.raises(ProviderError, match="was to stop, and is stopping"):
        its.stop(machine.id)
    cloud.lag = 0
    assert its.stop(machine.id, force=True).state is MachineState.STOPPED


def test_older_types_tell_their_host_keys_later(provider, cloud):
    its = provider(instance_types=["t2.micro"])
    assert its.host_keys(made(its)) == (HOST_KEY,)
    assert [given["Latest"] for given in asked(cloud, "GetConsoleOutput")] == [True, False]


def test_a_group_is_that_of_the_network_of_the_subnets(provider, cloud):
    elsewhere = {"GroupId": "sg-0other", "GroupName": "web", "VpcId": "vpc-0other", "IpPermissions": [], "Tags": []}
    cloud.groups.groups["sg-0other"] = elsewhere
    made(provider(subnets=["subnet-a"], security_groups=["web"]))
    assert launch(cloud)["NetworkInterfaces"][0]["Groups"] == ["sg-0web"]


def test_a_name_that_several_networks_have_is_no_guess(provider, cloud):
    elsewhere = {"GroupId": "sg-0other", "GroupName": "web", "VpcId": "vpc-0other", "IpPermissions": [], "Tags": []}
    cloud.groups.groups["sg-0other"] = elsewhere
    with pytest.raises(ProviderError, match="There are 2 security groups web in eu-test-1: sg-0other, sg-0web"):
        made(provider(security_groups=["web"]))
    assert asked(cloud, "RunInstances") == []


@pytest.fixture
def somebody(cloud, region, tmp_path, monkeypatch):
    """The provider of whoever has just logged in, with a credentials file and nothing in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    file.write_text("[shop]\naws_access_key_id = AKIASHOPSHOPSHOPSHOP\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    return Placed(OPTIONS, str(tmp_path), connection=connected())


def test_credentials_come_from_the_default_chain(cloud, somebody, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "shop")
    made(somebody)
    assert cloud.callers == {"AKIASHOPSHOPSHOPSHOP"}


def test_without_credentials_nothing_is_asked_and_what_to_do_is_said(cloud, somebody):
    with pytest.raises(ProviderError, match="Set AWS_PROFILE, or give this machine a role"):
        made(somebody)
    assert cloud.log == []
