"""Security groups: rules that must name groups that are there, and names that a network has once."""

from __future__ import annotations

import copy
import ipaddress
import itertools
from collections.abc import Iterator
from typing import Any

from tests.ec2_stand_in.faults import AwsError
from tests.ec2_stand_in.filters import fits

NETWORK = "vpc-0home"
ANOTHER_NETWORK = "vpc-0away"


class Groups:
    """Those that were there before, and those that are made."""

    def __init__(self, instances: dict[str, dict[str, Any]]) -> None:
        self.instances = instances
        self.numbers = itertools.count(1)
        self.unseen = 0
        """How many descriptions miss the group that was made last."""
        self.groups: dict[str, dict[str, Any]] = {
            key: {"GroupId": key, "GroupName": name, "VpcId": NETWORK, "IpPermissions": [], "Tags": []}
            for key, name in {"sg-0default": "default", "sg-0web": "web", "sg-0db": "db"}.items()
        }

    def network_of(self, group: str) -> str:
        """The network of a group. One that is not there is taken to be in the first."""
        return str(self.groups.get(group, {"VpcId": NETWORK})["VpcId"])

    def DescribeSecurityGroups(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        known = list(self.groups.values())
        if self.unseen:
            self.unseen -= 1
            known = known[:-1]
        found = [item for item in known if fits(item, given.get("Filters", ()))]
        return {"SecurityGroups": copy.deepcopy(found)}

    def CreateSecurityGroup(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if any(item["GroupName"] == given["GroupName"] for item in self.groups.values()):
            raise AwsError("InvalidGroup.Duplicate", f"The security group '{given['GroupName']}' already exists")
        group = f"sg-{next(self.numbers):017x}"
        tags = given.get("TagSpecifications", [{"Tags": []}])[0]["Tags"]
        self.groups[group] = {
            "GroupId": group,
            "GroupName": given["GroupName"],
            "VpcId": given.get("VpcId", NETWORK),
            "IpPermissions": [],
            "Tags": tags,
        }
        return {"GroupId": group}

    def AuthorizeSecurityGroupIngress(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        group = self._group(given)
        for rule in _single(given):
            for network in rule.get("IpRanges", ()):
                _well_formed(network["CidrIp"])
            if rule in group["IpPermissions"]:
                raise AwsError("InvalidPermission.Duplicate", "the specified rule already exists")
            for pair in rule.get("UserIdGroupPairs", ()):
                self._group(pair)
            group["IpPermissions"].append(rule)
        return {}

    def RevokeSecurityGroupIngress(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        group = self._group(given)
        for rule in _single(given):
            if rule not in group["IpPermissions"]:
                raise AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group")
            group["IpPermissions"].remove(rule)
        return {}

    def DeleteSecurityGroup(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        group = self._group(given)
        used = [
            item
            for item in self.instances.values()
            if item["State"]["Name"] != "terminated"
            and any(each["GroupId"] == group["GroupId"] for each in item.get("SecurityGroups", ()))
        ]
        named = [
            other
            for other in self.groups.values()
            if other is not group
            and any(
                pair["GroupId"] == group["GroupId"]
                for rule in other["IpPermissions"]
                for pair in rule.get("UserIdGroupPairs", ())
            )
        ]
        if used or named:
            raise AwsError("DependencyViolation", f"resource {group['GroupId']} has a dependent object")
        del self.groups[group["GroupId"]]
        return {}

    def ModifyInstanceAttribute(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.instances[given["InstanceId"]]["SecurityGroups"] = [
            {"GroupId": group, "GroupName": self.groups[group]["GroupName"]} for group in given["Groups"]
        ]
        return {}

    def _group(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["GroupId"] not in self.groups:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{given['GroupId']}' does not exist")
        return self.groups[given["GroupId"]]


def _well_formed(network: str) -> None:
    """AWS takes a network as an address and the number of its bits, and no other way to write it."""
    try:
        well = str(ipaddress.IPv4Network(network)) == network
    except ValueError:
        well = False
    if not well:
        raise AwsError("InvalidParameterValue", f"CIDR block {network} is malformed")


def _single(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rules with one source each, as AWS keeps them."""
    for item in given["IpPermissions"]:
        ports = {key: value for key, value in item.items() if key in ("IpProtocol", "FromPort", "ToPort")}
        for kind in ("UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds"):
            for source in item.get(kind, ()):
                yield {**ports, kind: [source]}
