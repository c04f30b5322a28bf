"""The promises of every provider, kept for EC2 against the stand-in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.resources import BalancerType, Ingress, LoadBalancer
from stackward.known_resource import ResourceKind
from stackward.providers.base import MachineRequest
from stackward.providers.ec2 import policy
from stackward.providers.ec2.provider import Ec2Provider
from stackward.resources.change import Change, Verb
from tests.contract.providers.provider_contract import MOUNT, ProviderContract, Subject
from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.connecting import connected
from tests.ec2_stand_in.server import standing_in

pytestmark = pytest.mark.aws

OPTIONS = {"region": "eu-test-1", "image": {"ssm": "/test/image"}, "instance_types": ["m5.large", "m6i.large"]}


class Placed(Ec2Provider):
    """The engine asks for a place before it asks for a machine; the contract knows no places."""

    def create(self, request: MachineRequest):
        if not request.placement:
            request = replace(request, placement=self.place(request, ()))
        return super().create(request)


@pytest.fixture(scope="module")
def cloud():
    made = Cloud(page=2)
    with standing_in(made):
        yield made


class TestEc2Provider(ProviderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, cloud, tmp_path_factory):
        data = str(tmp_path_factory.mktemp("data"))
        files: dict[tuple[str, str], str] = {}

        def place(machine, path):
            if not path.startswith(MOUNT):
                return machine.id, path
            volumes = (
                item["VolumeId"]
                for item in cloud.volumes.values()
                for each in item["Attachments"]
                if each["InstanceId"] == machine.id
            )
            return next(volumes), path

        def write(machine, path, text):
            files[place(machine, path)] = text

        def read(machine, path):
            return files.get(place(machine, path))

        # Clients of botocore remember nothing of machines, and take long to make.
        connection = connected()

        def power_off(machine):
            cloud.stopped_outside(machine.id)

        return Subject(
            lambda: Placed(OPTIONS, data, connection=connection), "shop", "no-such-stack", write, read, power_off
        )


def test_the_policy_of_the_documents_allows_the_calls_that_are_made_and_no_others(cloud, tmp_path):
    cloud.asked.clear()
    connection = connected()
    options = {**OPTIONS, "subnets": ["subnet-a"], "security_groups": ["web"], "image": {"ssm": "/test/image"}}
    provider = Placed(options, str(tmp_path), connection=connection)
    request = MachineRequest("policy", "web1", "policy-token", "ssh-ed25519 AAAA", options, volumes=("/srv",))
    machine = provider.create(request)
    provider.host_keys(machine)
    assert provider.impaired([machine.id]) == {}
    assert provider.reclaimed({machine.id: {"market": "spot"}}) == {}
    cloud.untag(machine.id)
    provider.create(replace(request, machine_id=machine.id))
    provider.attach_address("policy", machine.id)
    provider.detach_address("policy", machine.id)
    provider.add_volumes(replace(request, machine_id=machine.id, sizes={"/srv": 20}))
    provider.stop(machine.id)
    provider.start(machine.id)
    provider.reboot(machine.id)
    use_every_resource(cloud, provider, "policy", machine.id)
    provider.terminate(machine.id)
    provider.remove_stack("policy")
    statements = policy.ACTIONS.keys() - policy.ON_ANY_PROVIDER - policy.OF_SESSIONS
    allowed = {action for name in statements for action in policy.ACTIONS[name]}
    assert allowed - policy.BY_AWS == cloud.asked
    assert policy.rendered() in (Path(__file__).parents[3] / "docs" / "ec2.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("zone", ["eu-test-1a", "eu-test-1b"])
def test_a_machine_says_its_availability_zone(cloud, tmp_path, zone):
    options = {**OPTIONS, "zones": [zone]}
    provider = Placed(options, str(tmp_path), connection=connected())
    made = provider.create(MachineRequest("zones", zone, zone, "ssh-ed25519 AAAA", options))
    assert made.zone == provider.describe("zones")[made.id].zone == zone
    provider.remove_stack("zones")


RDS = {"instance_class": "db.t4g.small", "encrypted": True, "multi_az": False, "backup_days": 7}


def use_every_resource(cloud, provider, stack, machine):
    cloud.balancers.add_group("policy-web")
    cloud.balancers.add_classic("policy")
    balancers = [LoadBalancer(BalancerType.TARGET_GROUP, "policy-web"), LoadBalancer(BalancerType.CLASSIC, "policy")]
    provider.join(balancers, machine, 10)
    provider.leave(balancers, machine, 10)
    rule = Ingress("tcp", 80, 80, network="0.0.0.0/0")
    group = ("web", "the group", "it is wanted")
    provider.change(stack, Change(ResourceKind.SECURITY_GROUP, Verb.CREATE, *group))
    provider.change(stack, Change(ResourceKind.SECURITY_GROUP, Verb.UPDATE, *group, data={"add": [rule], "remove": []}))
    provider.change(stack, Change(ResourceKind.SECURITY_GROUP, Verb.UPDATE, *group, data={"add": [], "remove": [rule]}))
    database = Database("main", DatabaseEngine.POSTGRESQL, "main", options=RDS)
    provider.database(stack, database, "password")
    changed = {"database": database, "settings": {"multi_az": True}}
    provider.change(
        stack, Change(ResourceKind.DATABASE, Verb.UPDATE, "main", "the database", "it is wanted", data=changed)
    )
    provider.change(stack, Change(ResourceKind.DATABASE, Verb.DELETE, "main", "the database", "nobody wants it"))
    given = {"machine": machine, "layers": ["web"]}
    provider.change(stack, Change(ResourceKind.SECURITY_GROUP, Verb.ATTACH, *group, data=given))


def test_a_thousand_instances_are_described_in_one_call_and_their_addresses_in_another(tmp_path):
    made = Cloud()
    with standing_in(made):
        provider = Placed(OPTIONS, str(tmp_path), connection=connected())
        first = provider.create(MachineRequest("large", "web0", "token", "ssh-ed25519 AAAA", OPTIONS))
        pattern = made.instances[first.id]
        made.instances |= {f"i-{number}": {**pattern, "InstanceId": f"i-{number}"} for number in range(999)}
        made.log.clear()
        assert len(provider.describe("large")) == 1000
        assert [action for action, _ in made.log] == ["DescribeInstances", "DescribeAddresses"]
