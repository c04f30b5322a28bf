"""Volumes: one for each mount point of an instance, found by its tags, in one zone, kept over machines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.base import Disk, MachineRequest
from stackward.providers.ec2 import calls, tags, waiting
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.options import Options

DEFAULT_SIZE = 8
"""Gibibytes of a volume whose size the stack file does not say."""

_DEVICES = tuple(f"/dev/sd{letter}" for letter in "fghijklmnop")


def of_instance(connection: Connection, stack: str, instance: str) -> dict[str, dict[str, Any]]:
    """The instance's volumes by mount point."""
    found = calls.describe_volumes(connection, tags.filters(stack=stack, instance=instance))
    mounted = {tags.read(item).get(tags.MOUNT): item for item in sorted(found, key=lambda item: str(item["VolumeId"]))}
    return {mount: item for mount, item in mounted.items() if mount}


def zone(connection: Connection, request: MachineRequest) -> str | None:
    """The zone in which the request's volumes are already; None where they are in none yet."""
    if not request.volumes:
        return None
    known = of_instance(connection, request.stack, request.instance)
    zones = {mount: known[mount]["AvailabilityZone"] for mount in request.volumes if mount in known}
    if len(set(zones.values())) > 1:
        said = ", ".join(f"{mount} in {where}" for mount, where in sorted(zones.items()))
        raise ProviderError(
            f"The volumes of {request.instance} are in different zones ({said}), and a machine is in one. "
            "Move them into one zone by snapshots, with their tags."
        )
    return next(iter(zones.values()), None)


def ensure(connection: Connection, request: MachineRequest, options: Options, machine: Mapping[str, Any]) -> None:
    """Make sure that every volume of the request is attached to the machine; make those that there are not."""
    if not request.volumes:
        return
    known = of_instance(connection, request.stack, request.instance)
    devices = _devices(request.volumes, known, machine["InstanceId"])
    for mount in request.volumes:
        volume = known.get(mount) or _create(connection, request, options, mount, machine["Placement"])
        _attach(connection, request.instance, mount, volume, machine["InstanceId"], devices[mount])


def attached(connection: Connection, stack: str, machine_id: str) -> tuple[Disk, ...]:
    """The volumes that are attached to a machine."""
    known = calls.describe_volumes(connection, {**tags.filters(stack=stack), "attachment.instance-id": [machine_id]})
    found = [(tags.read(item).get(tags.MOUNT), item, _attachment(item, machine_id)) for item in known]
    return tuple(
        Disk(mount, item["VolumeId"], attachment["Device"])
        for mount, item, attachment in sorted(found, key=lambda each: str(each[0]))
        if mount and attachment
    )


def delete_one(connection: Connection, stack: str, instance: str, mount: str) -> None:
    """Delete the volumes of one mount point of an instance, with all data on them."""
    for item in calls.describe_volumes(connection, tags.filters(stack=stack, instance=instance)):
        if tags.read(item).get(tags.MOUNT) == mount:
            _wait(connection, item["VolumeId"], waiting.DETACHED)
            calls.delete_volume(connection, item["VolumeId"])


def delete(connection: Connection, stack: str) -> None:
    """Delete every volume of the stack that has a mount point, with all data on it."""
    for item in calls.describe_volumes(connection, tags.filters(stack=stack)):
        if tags.MOUNT in tags.read(item):
            _wait(connection, item["VolumeId"], waiting.DETACHED)
            calls.delete_volume(connection, item["VolumeId"])


def _create(
    connection: Connection, request: MachineRequest, options: Options, mount: str, placement: Mapping[str, Any]
) -> dict[str, Any]:
    ours = {
        **options.tags,
        "Name": f"{request.stack}-{request.instance} {mount}",
        tags.STACK: request.stack,
        tags.INSTANCE: request.instance,
        tags.MOUNT: mount,
    }
    zone = placement["AvailabilityZone"]
    wanted = options.volumes
    named = {"iops": "Iops", "throughput": "Throughput", "kms_key": "KmsKeyId"}
    parameters = {
        "AvailabilityZone": zone,
        "Size": request.sizes.get(mount, DEFAULT_SIZE),
        "VolumeType": wanted.get("type", "gp3"),
        "Encrypted": wanted.get("encrypted", True),
        "ClientToken": hashlib.sha256(f"{request.token} {mount} {zone}".encode()).hexdigest(),
        "TagSpecifications": [{"ResourceType": "volume", "Tags": tags.written(ours)}],
        **{named[key]: value for key, value in wanted.items() if key in named},
    }
    volume = calls.create_volume(connection, parameters)
    return _wait(connection, volume["VolumeId"], waiting.AVAILABLE)


def _attach(
    connection: Connection, instance: str, mount: str, volume: Mapping[str, Any], machine_id: str, device: str
) -> None:
    if _attachment(volume, machine_id):
        return
    others = [item["InstanceId"] for item in volume.get("Attachments", ()) if item["State"] != "detached"]
    if others:
        # One that is going lets its volumes go; until then AWS refuses to attach them elsewhere.
        _wait(connection, volume["VolumeId"], waiting.DETACHED, f"{mount} of {instance}, still with {others[0]},")
    calls.attach_volume(connection, volume["VolumeId"], machine_id, device)
    waiting.wait(
        waiting.ATTACHED,
        f"The volume {volume['VolumeId']} ({mount}) of {instance}",
        lambda: _described(connection, volume["VolumeId"]),
        lambda found: (_attachment(found, machine_id) or {"State": "attaching"})["State"],
        connection.pause,
    )


def _attachment(volume: Mapping[str, Any], machine_id: str) -> Mapping[str, Any] | None:
    mine = (item for item in volume.get("Attachments", ()) if item["InstanceId"] == machine_id)
    return next((item for item in mine if item["State"] in ("attaching", "attached", "busy")), None)


def _devices(mounts: Sequence[str], known: Mapping[str, Mapping[str, Any]], machine_id: str) -> dict[str, str]:
    """A device for each mount point: the one that it has, or the next that is free."""
    has = {mount: item["Device"] for mount in mounts if (item := _attachment(known.get(mount, {}), machine_id))}
    free = (device for device in _DEVICES if device not in has.values())
    if len(mounts) > len(_DEVICES):
        raise ProviderError(f"An instance takes {len(_DEVICES)} volumes at most, and here are {len(mounts)}.")
    return {mount: has.get(mount) or next(free) for mount in mounts}


def _described(connection: Connection, volume: str) -> dict[str, Any]:
    found = calls.describe_volumes(connection, {"volume-id": [volume]})
    return found[0] if found else {"State": "unseen"}


def _wait(connection: Connection, volume: str, waiter: waiting.Waiter, what: str = "") -> dict[str, Any]:
    return waiting.wait(
        waiter,
        f"The volume {volume}{f' ({what})' if what else ''}",
        lambda: _described(connection, volume),
        lambda found: str(found["State"]),
        connection.pause,
    )
