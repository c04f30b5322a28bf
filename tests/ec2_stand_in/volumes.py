"""Volumes of Elastic Block Store."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from typing import Any

from tests.ec2_stand_in.faults import AwsError
from tests.ec2_stand_in.filters import fits
from tests.ec2_stand_in.hypervisor import Hypervisor


class Volumes:
    """Those that there are, and the instances that they are attached to."""

    def __init__(self, instances: dict[str, dict[str, Any]], hypervisor: Hypervisor) -> None:
        self.instances = instances
        self.hypervisor = hypervisor
        self.numbers = itertools.count(1)
        self.volumes: dict[str, dict[str, Any]] = {}

    def let_go(self, instance_id: str) -> None:
        """An instance is gone, and leaves its volumes."""
        for volume in self.volumes.values():
            if any(each["InstanceId"] == instance_id for each in volume["Attachments"]):
                volume |= {"State": "available", "Attachments": []}

    def CreateVolume(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in self.volumes.values():
            if item["token"] == given["ClientToken"]:
                if item["asked"] != given:
                    raise AwsError(
                        "IdempotentParameterMismatch", "The request uses the same token with other parameters"
                    )
                return _shown(item)
        made = {
            "VolumeId": f"vol-{next(self.numbers):017x}",
            "AvailabilityZone": given["AvailabilityZone"],
            "Size": given["Size"],
            "Encrypted": given.get("Encrypted", False),
            "State": "available",
            "Attachments": [],
            "Tags": given["TagSpecifications"][0]["Tags"],
            "token": given["ClientToken"],
            "asked": copy.deepcopy(given),
        }
        self.volumes[made["VolumeId"]] = made
        return _shown(made)

    def DescribeVolumes(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in self.volumes.values():
            if "becomes" in item:
                item["becomes"][0] -= 1
                if item["becomes"][0] < 0:
                    item["Size"] = item.pop("becomes")[1]
        there = [item for item in self.volumes.values() if item["State"] != "deleted"]
        found = [item for item in there if fits(item, given.get("Filters", ()))]
        return {"Volumes": [_shown(item) for item in found]}

    def AttachVolume(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        volume, instance = self.volumes[given["VolumeId"]], self.instances[given["InstanceId"]]
        if volume["State"] != "available":
            raise AwsError("VolumeInUse", f"{given['VolumeId']} is already attached to an instance")
        if given["Device"] in {item["DeviceName"] for item in instance.get("BlockDeviceMappings", ())}:
            raise AwsError("InvalidParameterValue", f"Attachment point {given['Device']} is already in use")
        if volume["AvailabilityZone"] != instance["Placement"]["AvailabilityZone"]:
            raise AwsError("InvalidVolume.ZoneMismatch", "The volume is not in the same availability zone")
        made = {"InstanceId": given["InstanceId"], "VolumeId": given["VolumeId"], "Device": given["Device"]}
        self.hypervisor.attach(given["InstanceId"], given["VolumeId"], given["Device"])
        volume |= {"State": "in-use", "Attachments": [{**made, "State": "attached"}]}
        return {**made, "State": "attached"}

    def ModifyVolume(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Its size is another one at the next look but one, and until then no further change is taken."""
        volume = self.volumes[given["VolumeId"]]
        if "becomes" in volume:
            raise AwsError("IncorrectModificationState", f"Volume {given['VolumeId']} is in 'modifying' state")
        if given["Size"] < volume["Size"]:
            raise AwsError("InvalidParameterValue", "New size cannot be smaller than existing size")
        volume["becomes"] = [1, given["Size"]]
        return {}

    def DetachVolume(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.volumes[given["VolumeId"]] |= {"State": "available", "Attachments": []}
        return {}

    def DeleteVolume(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if given["VolumeId"] not in self.volumes:
            raise AwsError("InvalidVolume.NotFound", f"The volume '{given['VolumeId']}' does not exist.")
        if self.volumes[given["VolumeId"]]["State"] != "available":
            raise AwsError("VolumeInUse", "The volume is in use")
        self.hypervisor.detach(given["VolumeId"])
        del self.volumes[given["VolumeId"]]
        return {}


def _shown(volume: Mapping[str, Any]) -> dict[str, Any]:
    return {key: copy.deepcopy(value) for key, value in volume.items() if key not in ("token", "asked", "becomes")}
