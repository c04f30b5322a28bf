"""The filters of describing calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

_FIELDS = {
    "instance-state-name": lambda item: item["State"]["Name"],
    "client-token": lambda item: item["ClientToken"],
    "image-id": lambda item: item["ImageId"],
    "name": lambda item: item["Name"],
    "state": lambda item: item["State"],
    "architecture": lambda item: item["Architecture"],
    "subnet-id": lambda item: item["SubnetId"],
    "vpc-id": lambda item: item["VpcId"],
    "group-name": lambda item: item["GroupName"],
    "status-code": lambda item: item["Status"]["Code"],
    "volume-id": lambda item: item["VolumeId"],
    "attachment.instance-id": lambda item: next((each["InstanceId"] for each in item["Attachments"]), ""),
}


def fits(item: Mapping[str, Any], filters: Sequence[Mapping[str, Any]]) -> bool:
    return all(_has(item, each["Name"], each["Values"]) for each in filters)


def _has(item: Mapping[str, Any], name: str, values: Sequence[str]) -> bool:
    if name.startswith("tag:"):
        tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}
        return tags.get(name.removeprefix("tag:")) in values
    return any(fnmatchcase(_FIELDS[name](item), value) for value in values)
