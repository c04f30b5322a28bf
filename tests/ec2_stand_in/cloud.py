"""The state of the stand-in, and what each call does to it. Nothing in it depends on time: looks move it on."""

from __future__ import annotations

import base64
import copy
import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.ec2_stand_in.addresses import Addresses
from tests.ec2_stand_in.balancers import Balancers
from tests.ec2_stand_in.databases import Databases
from tests.ec2_stand_in.faults import AwsError, Fault, How
from tests.ec2_stand_in.filters import fits
from tests.ec2_stand_in.groups import ANOTHER_NETWORK, NETWORK, Groups
from tests.ec2_stand_in.hypervisor import Hypervisor, NoHypervisor
from tests.ec2_stand_in.sessions import Sessions
from tests.ec2_stand_in.spot import Spot
from tests.ec2_stand_in.volumes import Volumes

IMAGE = "ami-0123456789abcdef0"
STORE_IMAGE = "ami-00000000000000st0"
DEPRECATED_IMAGE = "ami-00000000000000dep"
SUBNETS = {"subnet-a": "eu-test-1a", "subnet-b": "eu-test-1b", "subnet-0123456789abcdef0": "eu-central-1a"}
SUBNET_ELSEWHERE = "subnet-elsewhere"
NETWORKS = {**dict.fromkeys(SUBNETS, NETWORK), SUBNET_ELSEWHERE: ANOTHER_NETWORK}


def _image(image: str, name: str, architecture: str, made: str, root: str = "ebs") -> dict[str, Any]:
    return {
        "ImageId": image,
        "Name": name,
        "Architecture": architecture,
        "State": "available",
        "CreationDate": f"{made}T00:00:00.000Z",
        "RootDeviceType": root,
        **({"RootDeviceName": "/dev/xvda"} if root == "ebs" else {}),
    }


IMAGES = (
    _image("ami-00000000000000old", "debian-12-amd64-20250601", "x86_64", "2025-06-01"),
    _image(IMAGE, "debian-12-amd64-20260101", "x86_64", "2026-01-01"),
    _image("ami-00000000000000arm", "debian-12-arm64-20260101", "arm64", "2026-01-01"),
    _image("ami-00000000000000two", "debian-12-amd64-20251201", "x86_64", "2025-12-01"),
    {**_image("ami-00000000000000new", "debian-12-amd64-20260301", "x86_64", "2026-03-01"), "State": "pending"},
    {
        **_image(DEPRECATED_IMAGE, "debian-12-amd64-20260201", "x86_64", "2026-02-01"),
        "DeprecationTime": "2026-02-15T00:00:00.000Z",
    },
    _image(STORE_IMAGE, "old-amd64", "x86_64", "2020-01-01", "instance-store"),
)


@dataclass
class Cloud:
    """One account in one region.

    `lag` is how many looks a change of state takes. `no_room` are types, or (type, zone, market), without capacity.
    `unseen` is how many calls do not know what was launched last, `stale` how many come from before the last change.
    """

    hypervisor: Hypervisor = field(default_factory=NoHypervisor)
    lag: int = 1
    page: int = 1000
    no_room: set[Any] = field(default_factory=set)
    unseen: int = 0
    stale: int = 0
    stuck: bool = False
    dies_at_boot: int = 0
    dies_of: str = "Client.InstanceInitiatedShutdown: it died at boot"
    faults: list[Fault] = field(default_factory=list)
    log: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """What was asked for, as a policy names it."""
    callers: set[str] = field(default_factory=set)
    """The access keys of those who asked."""

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.instances: dict[str, dict[str, Any]] = {}
        self.disks = Volumes(self.instances, self.hypervisor)
        self.volumes = self.disks.volumes
        self.elastic = Addresses(self.instances, self.hypervisor)
        self.addresses = self.elastic.addresses
        self.tokens: dict[str, tuple[str, str]] = {}
        self.waits: dict[str, list[Any]] = {}
        self.works: dict[str, Future[Any]] = {}
        self.workers = ThreadPoolExecutor(8)
        self.user_data: dict[str, str] = {}
        self.parameters = {"/test/image": IMAGE}
        self.before: dict[str, dict[str, Any]] = {}
        self.failing: dict[str, str] = {}
        """Which status check fails of an instance: SystemStatus or InstanceStatus."""
        self.public: set[str] = set()
        """The instances that get a public address each time they run."""
        self.numbers = itertools.count(1)
        self.balancers = Balancers()
        self.databases = Databases(self.hypervisor)
        self.groups = Groups(self.instances)
        self.sessions = Sessions(self.instances, self.hypervisor)
        self.spot = Spot(self.instances)
        other = (self.groups, self.balancers, self.databases, self.sessions, self.spot)
        self.parts = (self, self.disks, self.elastic, *other)
        self.kinds: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}

    # What a test does from outside.

    def alive(self) -> list[dict[str, Any]]:
        """The instances that cost money."""
        return [item for item in self.instances.values() if item["State"]["Name"] != "terminated"]

    def end(self, instance_id: str, reason: str) -> None:
        """AWS, or somebody in the console, terminates an instance."""
        with self.lock:
            self._at_once(instance_id, self.hypervisor.terminate)
            self._goes(self.instances[instance_id], "terminated", reason)

    def stopped_outside(self, instance_id: str) -> None:
        """Somebody stops an instance in the console."""
        with self.lock:
            self._at_once(instance_id, self.hypervisor.stop)
            self._set(self.instances[instance_id], "stopped")

    def untag(self, instance_id: str) -> None:
        """Somebody removes every tag."""
        self.instances[instance_id]["Tags"] = []

    def tag(self, instance_id: str, tags: Mapping[str, str]) -> None:
        """Somebody writes tags."""
        instance = self.instances[instance_id]
        others = [tag for tag in instance["Tags"] if tag["Key"] not in tags]
        instance["Tags"] = others + [{"Key": key, "Value": value} for key, value in tags.items()]

    # Calls.

    def call(self, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if action == "GetConsoleOutput":
            self.log.append((action, parameters))
            return self.GetConsoleOutput(parameters)
        with self.lock:
            self.log.append((action, parameters))
            fault = next((item for item in self.faults if item.action == action and item.fits(parameters)), None)
            if fault is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                if fault.how is How.INSTEAD:
                    raise fault.error()
            part = next(item for item in self.parts if hasattr(item, action))
            answer = getattr(part, action)(parameters)
            if fault is not None and fault.how is How.AFTER:
                raise fault.error()
            if fault is not None:
                raise ConnectionAbortedError
            return dict(answer)

    def RunInstances(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        token = given["ClientToken"]
        frozen = json.dumps({key: value for key, value in given.items() if key != "ClientToken"}, sort_keys=True)
        if token in self.tokens:
            instance_id, before = self.tokens[token]
            if before != frozen:
                raise AwsError("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent")
            if self.instances[instance_id]["State"]["Name"] in ("shutting-down", "terminated"):
                raise AwsError("IdempotentInstanceTerminated", f"The instance {instance_id} is terminated")
            return {"Instances": [copy.deepcopy(self.instances[instance_id])]}
        image = next((item for item in IMAGES if item["ImageId"] == given["ImageId"]), None)
        if image is None:
            raise AwsError("InvalidAMIID.NotFound", f"The image id '[{given['ImageId']}]' does not exist")
        market = given.get("InstanceMarketOptions", {}).get("MarketType", "on-demand")
        subnet = (given.get("NetworkInterfaces") or [{}])[0].get("SubnetId")
        zone = given.get("Placement", {}).get("AvailabilityZone") or SUBNETS.get(subnet or "", "eu-test-1a")
        for group in _asked_groups(given):
            if self.groups.network_of(group) != NETWORKS.get(subnet or "", NETWORK):
                raise AwsError(
                    "InvalidParameter", f"Security group {group} and subnet {subnet} are in different networks"
                )
        kind = given["InstanceType"]
        if kind in self.no_room or (kind, zone, market) in self.no_room or market in self.no_room:
            raise AwsError(
                "InsufficientInstanceCapacity", f"We currently do not have sufficient {kind} capacity in {zone}", 500
            )
        instance_id = f"i-{next(self.numbers):017x}"
        told = base64.b64decode(given.get("UserData", "")).decode()
        self.user_data[instance_id] = told
        tags = {spec["ResourceType"]: spec["Tags"] for spec in given.get("TagSpecifications", ())}
        self.instances[instance_id] = {
            "InstanceId": instance_id,
            "ImageId": given["ImageId"],
            "InstanceType": kind,
            "ClientToken": token,
            "State": {"Name": "pending"},
            "Placement": {"AvailabilityZone": zone},
            "RootDeviceType": image["RootDeviceType"],
            "Tags": tags.get("instance", []),
            "MetadataOptions": given.get("MetadataOptions"),
            "SecurityGroups": [{"GroupId": group} for group in _asked_groups(given)],
            **({"InstanceLifecycle": "spot"} if market == "spot" else {}),
        }
        self.tokens[token] = (instance_id, frozen)
        if (given.get("NetworkInterfaces") or [{}])[0].get("AssociatePublicIpAddress"):
            self.public.add(instance_id)
        self._works(instance_id, self.hypervisor.launch, told)
        if self.dies_at_boot:
            self.dies_at_boot -= 1
            self._becomes(instance_id, "terminated", self.dies_of)
        elif not self.stuck:
            self._becomes(instance_id, "running")
        return {"Instances": [copy.deepcopy(self.instances[instance_id])]}

    def DescribeInstances(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._moved_on()
        known = self.instances
        if given.get("InstanceIds"):
            missing = [item for item in given["InstanceIds"] if item not in known or self._unseen(item)]
            if missing:
                raise AwsError("InvalidInstanceID.NotFound", f"The instance IDs '{missing[0]}' do not exist")
            found = [known[item] for item in given["InstanceIds"]]
        else:
            if self.stale:
                self.stale -= 1
                known = self.before
            found = [item for key, item in known.items() if not self._unseen(key)]
            found = [item for item in found if fits(item, given.get("Filters", ()))]
        start = int(given.get("NextToken", "0"))
        size = min(self.page, given.get("MaxResults", self.page))
        following = {"NextToken": str(start + size)} if start + size < len(found) else {}
        shown = copy.deepcopy(found[start : start + size])
        owner = {"OwnerId": "123456789012", "ReservationId": "r-0123456789abcdef0"}
        return {"Reservations": [{**owner, "Instances": [item]} for item in shown], **following}

    def DescribeInstanceStatus(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        running = [item["InstanceId"] for item in self._named(given) if item["State"]["Name"] == "running"]
        return {"InstanceStatuses": [{"InstanceId": each, **self._checked(each)} for each in running]}

    def _checked(self, instance_id: str) -> dict[str, Any]:
        since = datetime(2026, 3, 2, 11, 58, tzinfo=UTC)
        fails = {"Status": "impaired", "Details": [{"Name": "reachability", "ImpairedSince": since}]}
        sound = {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
        failing = self.failing.get(instance_id)
        return {key: fails if key == failing else sound for key in ("SystemStatus", "InstanceStatus")}

    def _unseen(self, instance_id: str) -> bool:
        if self.unseen and instance_id == list(self.instances)[-1]:
            self.unseen -= 1
            return True
        return False

    def StartInstances(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in self._named(given):
            if item["State"]["Name"] in ("shutting-down", "terminated", "stopping"):
                raise AwsError("IncorrectInstanceState", f"The instance is {item['State']['Name']}")
            if item["State"]["Name"] == "stopped":
                if item["InstanceType"] in self.no_room:
                    raise AwsError("InsufficientInstanceCapacity", "We currently do not have sufficient capacity", 500)
                self._works(item["InstanceId"], self.hypervisor.start)
                self._set(item, "pending")
                self._becomes(item["InstanceId"], "running")
        return {}

    def StopInstances(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in self._named(given):
            if item["RootDeviceType"] != "ebs" or item.get("InstanceLifecycle") == "spot":
                raise AwsError("UnsupportedOperation", "The instance does not have an 'ebs' root device type")
            if item["State"]["Name"] in ("shutting-down", "terminated", "pending"):
                raise AwsError("IncorrectInstanceState", f"The instance is {item['State']['Name']}")
            if item["State"]["Name"] == "running":
                self._set(item, "stopping")
                self._works(item["InstanceId"], self.hypervisor.stop)
                self._becomes(item["InstanceId"], "stopped")
            elif item["State"]["Name"] == "stopping" and given.get("Force"):
                self._becomes(item["InstanceId"], "stopped")
        return {}

    def RebootInstances(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in self._named(given):
            if item["State"]["Name"] != "running":
                raise AwsError("IncorrectInstanceState", f"The instance is {item['State']['Name']}")
            self._works(item["InstanceId"], self.hypervisor.reboot)
        return {}

    def TerminateInstances(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in self._named(given):
            if item["State"]["Name"] != "terminated":
                self._set(item, "shutting-down")
                self._works(item["InstanceId"], self.hypervisor.terminate)
                self._becomes(item["InstanceId"], "terminated", "Client.UserInitiatedShutdown: User initiated shutdown")
        return {}

    def CreateTags(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for resource in given["Resources"]:
            item = self.instances.get(resource) or self.volumes[resource]
            kept = [tag for tag in item["Tags"] if tag["Key"] not in {new["Key"] for new in given["Tags"]}]
            item["Tags"] = [*kept, *given["Tags"]]
        return {}

    def GetConsoleOutput(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        kind = self.instances[given["InstanceId"]]["InstanceType"]
        if given.get("Latest") and kind.startswith("t2."):
            raise AwsError("UnsupportedOperation", "This instance type does not support retrieving the latest console")
        text = self.hypervisor.console(given["InstanceId"])
        return {"InstanceId": given["InstanceId"], "Output": base64.b64encode(text.encode()).decode()}

    def DescribeImages(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        """A deprecated one is told to its owner, and to whoever asks for those too, not by a filter for its id."""
        told = [item for item in IMAGES if given.get("IncludeDeprecated") or "DeprecationTime" not in item]
        found = [item for item in told if fits(item, given.get("Filters", ()))]
        return {"Images": copy.deepcopy(found)}

    def DescribeSubnets(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        known = [
            {"SubnetId": key, "AvailabilityZone": SUBNETS.get(key, "eu-test-1a"), "VpcId": network}
            for key, network in NETWORKS.items()
        ]
        return {"Subnets": [item for item in known if fits(item, given.get("Filters", ()))]}

    def _named(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        missing = [item for item in given["InstanceIds"] if item not in self.instances or self._unseen(item)]
        if missing:
            raise AwsError("InvalidInstanceID.NotFound", f"The instance IDs '{missing[0]}' do not exist")
        return [self.instances[item] for item in given["InstanceIds"]]

    def _works(self, instance_id: str, work: Callable[..., Any], *arguments: str) -> None:
        """Have something done to an instance: at once, or beside the calls by a hypervisor that is slow."""
        before = self.works.get(instance_id)

        def after_what_was_before() -> Any:
            if before is not None:
                before.result()
            return work(instance_id, *arguments)

        self.works[instance_id] = self.workers.submit(after_what_was_before)
        if not self.hypervisor.slow:
            self._settled(instance_id)

    def _at_once(self, instance_id: str, work: Callable[..., Any]) -> None:
        self._works(instance_id, work)
        if instance_id in self.works:
            self._settled(instance_id)

    def _settled(self, instance_id: str) -> None:
        said = self.works.pop(instance_id).result()
        if said is not None:
            self.instances[instance_id]["PrivateIpAddress"] = said

    def _becomes(self, instance_id: str, state: str, reason: str = "") -> None:
        self.waits[instance_id] = [self.lag, state, reason]

    def _moved_on(self) -> None:
        for instance_id, item in self.instances.items():
            if instance_id in self.works:
                if not self.works[instance_id].done():
                    continue
                self._settled(instance_id)
            if item["State"]["Name"] == "running" and not self.hypervisor.runs(instance_id):
                self._set(item, "stopped")
            wait = self.waits.get(instance_id)
            if wait is None:
                continue
            wait[0] -= 1
            if wait[0] < 0:
                del self.waits[instance_id]
                self._goes(item, wait[1], wait[2])

    def _goes(self, item: dict[str, Any], state: str, reason: str) -> None:
        self._set(item, state)
        if state == "running" and item["InstanceId"] in self.public:
            item.setdefault("PublicIpAddress", f"203.0.113.{next(self.numbers) % 250}")
        if reason:
            item["StateReason"] = {"Code": reason.partition(":")[0], "Message": reason}
        if state == "terminated":
            self.disks.let_go(item["InstanceId"])
            self.elastic.let_go(item["InstanceId"])

    def _set(self, item: dict[str, Any], state: str) -> None:
        self.before = copy.deepcopy(self.instances)
        self.waits.pop(item["InstanceId"], None)
        item["State"] = {"Name": state}
        if state in ("stopped", "terminated") and not self.elastic.is_of(item["InstanceId"]):
            item.pop("PublicIpAddress", None)


def _asked_groups(given: Mapping[str, Any]) -> Sequence[str]:
    interfaces = given.get("NetworkInterfaces") or [{}]
    found: Sequence[str] = given.get("SecurityGroupIds") or interfaces[0].get("Groups") or ()
    return found
