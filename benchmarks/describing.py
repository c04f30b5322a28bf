"""Describing 1,000 instances of EC2 and starting a play on one, against the inventory of `amazon.aws` on the same API.

The collection is no part of this project: name the folder that has `ansible_collections/amazon/aws` in it in
STACKWARD_AMAZON_AWS. The API is the stand-in of the tests, in this process, so that neither side pays for it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import yaml

from benchmarks.measuring import Cost, MeasuringError, interleaved, ratio, run
from benchmarks.populating import put_online
from benchmarks.project import LOCALHOST, REPOSITORY, SETTINGS, Project, program, project
from benchmarks.verdicts import Report, Verdict
from stackward.providers.base import MachineRequest
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.provider import Ec2Provider
from tests.ec2_stand_in.cloud import IMAGE, Cloud
from tests.ec2_stand_in.server import environment, serving

MANY = 1_000
AMAZON = "STACKWARD_AMAZON_AWS"
REGION = "eu-test-1"
OPTIONS = {"region": REGION, "image": IMAGE, "instance_types": ["m5.large"]}
PLAY = """\
---
- name: Look at one of many
  hosts: web500
  gather_facts: false
  tasks:
    - name: Say its address
      ansible.builtin.debug:
        var: ansible_host
"""
DESCRIBE = f"""\
from stackward.providers.ec2.provider import Ec2Provider
print(len(Ec2Provider({OPTIONS!r}, "var").describe("fleet")))
"""
_GROUPS = [{"GroupId": "sg-0123456789abcdef0", "GroupName": "web"}]
USUAL = {
    "AmiLaunchIndex": 0,
    "Architecture": "x86_64",
    "EbsOptimized": True,
    "EnaSupport": True,
    "Hypervisor": "xen",
    "VirtualizationType": "hvm",
    "RootDeviceName": "/dev/xvda",
    "RootDeviceType": "ebs",
    "SourceDestCheck": True,
    "SubnetId": "subnet-0123456789abcdef0",
    "VpcId": "vpc-0123456789abcdef0",
    "PrivateDnsName": "ip-10-64-1-1.eu-central-1.compute.internal",
    "PublicDnsName": "",
    "StateTransitionReason": "",
    "KeyName": "shop",
    "SecurityGroups": _GROUPS,
    "Monitoring": {"State": "disabled"},
    "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/web", "Id": "AIPA0123456789ABCDEFG"},
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {"VolumeId": "vol-0123456789abcdef0", "Status": "attached", "DeleteOnTermination": True},
        }
    ],
    "NetworkInterfaces": [
        {
            "NetworkInterfaceId": "eni-0123456789abcdef0",
            "SubnetId": "subnet-0123456789abcdef0",
            "VpcId": "vpc-0123456789abcdef0",
            "OwnerId": "123456789012",
            "Status": "in-use",
            "MacAddress": "0a:00:00:00:00:01",
            "InterfaceType": "interface",
            "Description": "",
            "SourceDestCheck": True,
            "PrivateIpAddress": "10.64.1.1",
            "Groups": _GROUPS,
            "Attachment": {
                "AttachmentId": "eni-attach-0123456789abcdef0",
                "DeviceIndex": 0,
                "DeleteOnTermination": True,
                "NetworkCardIndex": 0,
                "Status": "attached",
            },
            "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "10.64.1.1"}],
        }
    ],
    "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
    "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 2},
    "EnclaveOptions": {"Enabled": False},
    "HibernationOptions": {"Configured": False},
    "MaintenanceOptions": {"AutoRecovery": "default"},
    "MetadataOptions": {
        "State": "applied",
        "HttpTokens": "required",
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": 1,
        "HttpProtocolIpv6": "disabled",
        "InstanceMetadataTags": "disabled",
    },
    "PrivateDnsNameOptions": {
        "HostnameType": "ip-name",
        "EnableResourceNameDnsARecord": False,
        "EnableResourceNameDnsAAAARecord": False,
    },
    "PlatformDetails": "Linux/UNIX",
    "UsageOperation": "RunInstances",
}
"""What AWS tells of any instance beside what the stand-in tells of its own."""

MUTATING = ("Run", "Start", "Stop", "Reboot", "Terminate", "Create", "Delete", "Attach", "Detach", "Allocate", "Modify")


def measure(rounds: int) -> Report:
    """Measure both sides. Raises MeasuringError without the collection."""
    place = os.environ.get(AMAZON)
    if place is None:
        raise MeasuringError(f"{AMAZON} names no folder with ansible_collections/amazon/aws")
    stack = {
        "provider": {"type": "ec2", **OPTIONS, "image": "ami-0123456789abcdef0", "region": "eu-central-1"},
        "layers": {"web": {}},
        "instances": {f"web[1:{MANY}]": {"layers": ["web"]}},
    }
    cloud = Cloud()
    with project("fleet", stack, {"play.yml": PLAY, "describe.py": DESCRIBE}) as fleet, serving(cloud) as address:
        with fleet.store() as store:
            put_online(store, fleet.stack())
        os.environ.update(environment(address))
        _launch(cloud, str(fleet.folder / "var"))
        theirs = _inventory(fleet)
        costs = interleaved(
            {
                "describe, then play": lambda: _ours(fleet),
                "aws_ec2": lambda: _theirs(fleet, theirs, place),
                "play alone": lambda: _one(fleet.play("play.yml", fleet.file, LOCALHOST)),
            },
            rounds,
        )
        cloud.log.clear()
        _ours(fleet)
        looks = [action for action, _ in cloud.log]
        cloud.log.clear()
        fleet.play(str(REPOSITORY / "playbooks" / "converge.yml"), fleet.file, LOCALHOST)
        changes = [action for action, _ in cloud.log if action.startswith(MUTATING)]
    return Report(
        "describing",
        (
            Verdict(f"CPU of aws_ec2, {MANY:,} instances", ratio(costs, "describe, then play", "aws_ec2", "cpu"), 0.33),
            Verdict(
                "the same of a play alone, which describes nothing", ratio(costs, "play alone", "aws_ec2", "cpu"), 0.33
            ),
            Verdict("calls that describe them", looks.count("DescribeInstances"), 1, unit=""),
            Verdict("calls of a converge that change something, where nothing is to do", len(changes), 0, unit=""),
        ),
        costs,
        (f"one look calls {', '.join(looks)}",),
    )


def _launch(cloud: Cloud, data: str) -> None:
    """Put as many instances as are wanted behind the API: one is launched, and the others are like it."""
    provider = Ec2Provider(OPTIONS, data, connection=Connection(REGION, data, pause=lambda _: None))
    request = MachineRequest("fleet", "web1", "token-1", "ssh-ed25519 AAAA", OPTIONS)
    first = provider.create(replace(request, placement=provider.place(request, ()) or {}))
    pattern = cloud.instances[first.id]
    shared = [tag for tag in pattern["Tags"] if tag["Key"] not in ("Name", "stackward:instance")]
    for number in range(2, MANY + 1):
        name = f"i-{number:017x}"
        own = [{"Key": "Name", "Value": f"web{number}"}, {"Key": "stackward:instance", "Value": f"web{number}"}]
        address = f"10.64.{number // 250}.{number % 250 + 1}"
        cloud.instances[name] = {
            **USUAL,
            **pattern,
            "InstanceId": name,
            "Tags": [*shared, *own],
            "PrivateIpAddress": address,
        }


def _inventory(fleet: Project) -> Path:
    path = fleet.folder / "fleet.aws_ec2.yml"
    wanted = {
        "plugin": "amazon.aws.aws_ec2",
        "regions": [REGION],
        "filters": {"tag:stackward:stack": "fleet"},
        "hostnames": ["tag:Name"],
        "compose": {"ansible_host": "private_ip_address"},
        "keyed_groups": [{"key": "tags['stackward:stack']", "prefix": "stack"}],
    }
    path.write_text(yaml.safe_dump(wanted))
    return path


def _ours(fleet: Project) -> Cost:
    play = f"{program('ansible-playbook')} play.yml -i {fleet.file} -i {LOCALHOST}"
    words = ["sh", "-ec", f"{sys.executable} describe.py; {play}"]
    return _one(run(words, fleet.folder, {**fleet.environment(), "ANSIBLE_CONFIG": str(SETTINGS)}))


def _theirs(fleet: Project, inventory: Path, place: str) -> Cost:
    plain = fleet.folder / "plain.cfg"
    plain.write_text(f"[defaults]\ncollections_path = {place}\nhost_key_checking = False\n")
    words = [program("ansible-playbook"), "play.yml", "-i", str(inventory), "-i", str(LOCALHOST)]
    return _one(run(words, fleet.folder, {**fleet.environment(), "ANSIBLE_CONFIG": str(plain)}))


def _one(cost: Cost) -> Cost:
    """Return the cost of a play that has found its host. An inventory that cannot be read is cheap."""
    if "ok=1" not in cost.printed:
        raise MeasuringError(f"the play has not found web500:\n{cost.printed[-2000:]}")
    return cost
