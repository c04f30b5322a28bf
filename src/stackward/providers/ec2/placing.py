"""Where and as what a machine is to be, with everything that the stack file names turned into ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.providers.ec2 import calls, images, placements, security_groups, volumes
from stackward.providers.ec2.region import Region


def place(region: Region, request: MachineRequest, refused: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Image, type, market, subnet or zone, and security groups; None where no place is left."""
    image = images.found(region.connection, region.options.image)
    zones = _zones(region)
    only = volumes.zone(region.connection, request)
    candidates = placements.places(region.options, zones, only)
    if not candidates:
        raise ProviderError(
            f"The volumes of {request.instance} are in {only}, and no subnet of the stack file is. "
            f"Add one of that zone to provider.subnets."
        )
    found = placements.chosen(candidates, refused, region.refusals.known(), region.clock())
    if found is None:
        return None
    return {
        **asdict(found),
        "image": image["ImageId"],
        "root_device": image.get("RootDeviceName") if image.get("RootDeviceType", "ebs") == "ebs" else None,
        "security_groups": [
            *_security_groups(region),
            *security_groups.ids(region.connection, request.stack, request.groups),
        ],
    }


def named(placement: Mapping[str, Any]) -> str:
    """A placement as sentences name it."""
    return str(placements.Place(placement["type"], placement["market"], placement.get("subnet"), placement.get("zone")))


def _zones(region: Region) -> dict[str, str]:
    if not region.options.subnets:
        return {}
    known = calls.describe_subnets(region.connection, {"subnet-id": region.options.subnets})
    zones = {item["SubnetId"]: item["AvailabilityZone"] for item in known}
    missing = [subnet for subnet in region.options.subnets if subnet not in zones]
    if missing:
        raise ProviderError(
            f"There is no subnet {missing[0]} in {region.options.region}. Correct provider.subnets in the stack file."
        )
    return zones


def _security_groups(region: Region) -> list[str]:
    wanted = region.options.security_groups
    names = [name for name in wanted if not name.startswith("sg-")]
    if not names:
        return list(wanted)
    known = calls.describe_security_groups(region.connection, {"group-name": names})
    by_name = {item["GroupName"]: item["GroupId"] for item in known}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise ProviderError(
            f"There is no security group {missing[0]} in {region.options.region}. "
            "Correct provider.security_groups in the stack file."
        )
    return [name if name.startswith("sg-") else by_name[name] for name in wanted]
