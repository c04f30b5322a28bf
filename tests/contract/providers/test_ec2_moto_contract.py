"""The promises of every provider, kept for EC2 against moto, which knows AWS's other side of many calls.

What moto does not do is left to the stand-in: tokens (it ignores them), host keys on consoles, and every fault.
"""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from stackward.providers.ec2 import calls
from tests.contract.providers.provider_contract import MOUNT, ProviderContract, Subject
from tests.contract.providers.test_ec2 import Placed
from tests.ec2_stand_in.connecting import connected

pytestmark = pytest.mark.aws

REGION = "eu-central-1"
BY_THE_STAND_IN = "moto does not do it; test_ec2.py has the same test against the stand-in"


@pytest.fixture(scope="module")
def cloud():
    with pytest.MonkeyPatch.context() as patch:
        # Thirteen hundred images would be read for each look at one.
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        with mock_aws():
            yield boto3.client("ec2", region_name=REGION)


@pytest.fixture(scope="module")
def options(cloud):
    image = cloud.register_image(Name="debian-12", RootDeviceName="/dev/xvda", Architecture="x86_64")["ImageId"]
    zone = cloud.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    return {"region": REGION, "image": image, "instance_types": ["m5.large"], "zones": [zone]}


class TestEc2ProviderOnMoto(ProviderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, cloud, options, tmp_path_factory):
        data = str(tmp_path_factory.mktemp("data"))
        files: dict[tuple[str, str], str] = {}
        connection = connected(REGION)

        def place(machine, path):
            if not path.startswith(MOUNT):
                return machine.id, path
            attached = {"Name": "attachment.instance-id", "Values": [machine.id]}
            found = cloud.describe_volumes(Filters=[attached])["Volumes"]
            return next(
                item["VolumeId"] for item in found if any("mount" in t["Key"] for t in item.get("Tags", ()))
            ), path

        def write(machine, path, text):
            files[place(machine, path)] = text

        return Subject(
            lambda: Placed(options, data, connection=connection),
            "shop",
            "no-such-stack",
            write,
            lambda machine, path: files.get(place(machine, path)),
            lambda machine: cloud.stop_instances(InstanceIds=[machine.id]),
        )

    @pytest.mark.skip(reason=BY_THE_STAND_IN)
    def test_a_running_machine_has_host_keys_that_the_provider_vouches_for(self):
        """Moto's consoles show no host keys."""

    @pytest.mark.skip(reason=BY_THE_STAND_IN)
    def test_what_a_token_has_launched_is_found_where_it_may_be_told_of_late(self):
        """Moto does not filter by client tokens."""

    @pytest.mark.skip(reason=BY_THE_STAND_IN)
    def test_the_same_token_asked_twice_at_once_makes_one_machine(self):
        """Moto ignores client tokens."""


def test_every_page_of_a_description_is_read(cloud, options, tmp_path, monkeypatch):
    monkeypatch.setattr(calls, "PAGE", 5)
    tags = [{"Key": "stackward:stack", "Value": "pages"}, {"Key": "stackward:instance", "Value": "many"}]
    for _ in range(7):
        cloud.run_instances(
            ImageId=options["image"],
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
    provider = Placed(options, str(tmp_path), connection=connected(REGION))
    assert len(provider.describe("pages")) == 7
