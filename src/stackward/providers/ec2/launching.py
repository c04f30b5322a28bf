"""The parameters of a launch, which follow from the request alone: the same token must come with the same again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from stackward.providers.base import MachineRequest
from stackward.providers.ec2 import tags, user_data
from stackward.providers.ec2.options import Options


def digest(request: MachineRequest) -> str:
    """A digest of everything in the request that makes a difference to the machine."""
    relevant = {
        "instance": request.instance,
        "options": dict(request.options),
        "public_key": request.public_key.strip(),
        "volumes": list(request.volumes),
    }
    return hashlib.sha256(json.dumps(relevant, sort_keys=True, default=str).encode()).hexdigest()[:32]


def parameters(request: MachineRequest, options: Options) -> dict[str, Any]:
    """The parameters of RunInstances for the request at its placement."""
    place = request.placement
    ours = {
        **options.tags,
        "Name": f"{request.stack}-{request.instance}",
        tags.STACK: request.stack,
        tags.INSTANCE: request.instance,
        tags.TOKEN: request.token,
        tags.PARAMETERS: digest(request),
    }
    disks = {key: value for key, value in ours.items() if key not in (tags.TOKEN, tags.PARAMETERS)}
    found: dict[str, Any] = {
        "ImageId": place["image"],
        "InstanceType": place["type"],
        "MinCount": 1,
        "MaxCount": 1,
        "ClientToken": request.token,
        "UserData": user_data.admitting(request.public_key, options.user),
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
        "InstanceInitiatedShutdownBehavior": "stop",
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": tags.written(ours)},
            {"ResourceType": "volume", "Tags": tags.written(disks)},
        ],
        **_network(place, options),
    }
    if place.get("root_device"):
        found["BlockDeviceMappings"] = [{"DeviceName": place["root_device"], "Ebs": _root(options.root)}]
    else:
        # One that lives on its instance store cannot be stopped; its guest going down ends it.
        found["InstanceInitiatedShutdownBehavior"] = "terminate"
    if options.key_pair:
        found["KeyName"] = options.key_pair
    if options.profile:
        arn = options.profile.startswith("arn:")
        found["IamInstanceProfile"] = {"Arn" if arn else "Name": options.profile}
    if place["market"] == "spot":
        found["InstanceMarketOptions"] = {"MarketType": "spot", "SpotOptions": _spot(options)}
        found["InstanceInitiatedShutdownBehavior"] = "terminate"
    return found


def _network(place: Mapping[str, Any], options: Options) -> dict[str, Any]:
    groups = list(place.get("security_groups", ()))
    found: dict[str, Any] = {}
    if place.get("zone") and not place.get("subnet"):
        found["Placement"] = {"AvailabilityZone": place["zone"]}
    if not place.get("subnet"):
        return {**found, **({"SecurityGroupIds": groups} if groups else {})}
    interface = {"DeviceIndex": 0, "SubnetId": place["subnet"], "AssociatePublicIpAddress": options.public}
    return {**found, "NetworkInterfaces": [{**interface, **({"Groups": groups} if groups else {})}]}


def _root(root: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "DeleteOnTermination": True,
        "Encrypted": root.get("encrypted", True),
        "VolumeType": root.get("type", "gp3"),
    }
    names = {"size": "VolumeSize", "iops": "Iops", "throughput": "Throughput", "kms_key": "KmsKeyId"}
    return {**found, **{names[key]: value for key, value in root.items() if key in names}}


def _spot(options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"}
    return {**found, **({"MaxPrice": options.spot_price} if options.spot_price else {})}
