"""Where and as what a machine is to be, with everything that the stack file names turned into ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.providers.ec2 import calls, images, options, placements, security_groups, subnets, volumes
from stackward.providers.ec2.region import Region


def place(region: Region, request: MachineRequest, refused: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Image, type, market, subnet or zone, and security groups; None where no place is left."""
    if region.options.image is None:
        raise options.missing("image")
    if not region.options.types:
        raise options.missing("instance_types")
    image = images.found(region.connection, region.options.image)
    within = subnets.found(region.connection, region.options.subnets)
    zones = {name: item["AvailabilityZone"] for name, item in within.items()}
    only = volumes.zone(region.connection, request)
    candidates = placements.places(region.options, zones, only)
    if not candidates:
        missing = (
            "no subnet of the stack file is. Add one of that zone to provider.subnets."
            if within
            else "no zone of the stack file is that one. Add that zone to provider.zones."
        )
        raise ProviderError(f"The volumes of {request.instance} are in {only}, and {missing}")
    found = placements.chosen(candidates, refused, region.refusals.known(), region.clock())
    if found is None:
        return None
    return {
        **asdict(found),
        "image": image["ImageId"],
        "root_device": image.get("RootDeviceName") if image.get("RootDeviceType", "ebs") == "ebs" else None,
        "security_groups": [
            *_security_groups(region, {item["VpcId"] for item in within.values() if item.get("VpcId")}),
            *security_groups.ids(region.connection, request.stack, request.groups),
        ],
    }


def named(placement: Mapping[str, Any]) -> str:
    """A placement as sentences name it."""
    return str(placements.Place(placement["type"], placement["market"], placement.get("subnet"), placement.get("zone")))


def _security_groups(region: Region, networks: Collection[str]) -> list[str]:
    """The ids of the stack file's groups. Each network has names of its own, such as "default"."""
    wanted = region.options.security_groups
    names = [name for name in wanted if not name.startswith("sg-")]
    if not names:
        return list(wanted)
    within = {"vpc-id": sorted(networks)} if networks else {}
    known = calls.describe_security_groups(region.connection, {"group-name": names, **within})
    by_name: dict[str, list[str]] = {}
    for item in known:
        by_name.setdefault(item["GroupName"], []).append(item["GroupId"])
    for name in names:
        found = by_name.get(name, [])
        if not found:
            raise ProviderError(
                f"There is no security group {name} in {' and '.join(within.get('vpc-id', (region.options.region,)))}. "
                "Correct provider.security_groups in the stack file."
            )
        if len(found) > 1:
            raise ProviderError(
                f"There are {len(found)} security groups {name} in {region.options.region}: "
                f"{', '.join(sorted(found))}. Write the id of the one that is meant to provider.security_groups "
                "in the stack file."
            )
    return [name if name.startswith("sg-") else by_name[name][0] for name in wanted]
