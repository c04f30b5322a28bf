"""Volumes: one or an array for each mount point of an instance, found by tags, in one zone, kept over machines."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.base import Disk, MachineRequest
from stackward.providers.ec2 import already, calls, tags, waiting
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.instance import Instance, Placement
from stackward.providers.ec2.options import Options
from stackward.resources.sight import VolumeSeen

DEFAULT_SIZE = 8
"""Gibibytes of a volume whose size the stack file does not say."""

_LETTERS = "fghijklmnop"
_DEVICE = re.compile(r"(?:/dev/)?(?:xv|s)d([a-z])")

_TOKENS = 3
"""How many volumes are asked for in turn, where those before were deleted."""

_MADE = dataclasses.replace(waiting.AVAILABLE, attempts=48)


_MAY_GROW = dataclasses.replace(waiting.GROWN, attempts=24)
_CHANGING = "IncorrectModificationState"
_NOT_NOW = (_CHANGING, "VolumeModificationRateExceeded")
"""What AWS says for hours after another change of a volume (EC2 API reference, ModifyVolume)."""

_HELD = ("attaching", "attached", "busy")
"""How an attachment is called while it lasts."""

_GOING = ("deleting", "deleted")

Place = tuple[str, int]
"""A mount point, and the number of a disk of it: 0 where there is one alone."""


def of_instance(connection: Connection, stack: str, instance: str) -> dict[Place, dict[str, Any]]:
    """The instance's volumes by their place."""
    every = calls.describe_volumes(connection, tags.filters(stack=stack, instance=instance))
    found = [item for item in every if item["State"] not in _GOING]
    placed = {_place(item): item for item in sorted(found, key=lambda item: str(item["VolumeId"]))}
    return {place: item for place, item in placed.items() if place is not None}


def _place(volume: Mapping[str, Any]) -> Place | None:
    known = tags.read(volume)
    return (known[tags.MOUNT], int(known.get(tags.DISK, "0"))) if known.get(tags.MOUNT) else None


def _places(request: MachineRequest) -> list[Place]:
    return [(mount, number) for mount in request.volumes for number in range(request.disks.get(mount, 1))]


def zone(connection: Connection, request: MachineRequest) -> str | None:
    """The zone in which the request's volumes are already; None where they are in none yet."""
    if not request.volumes:
        return None
    known = of_instance(connection, request.stack, request.instance)
    zones = {place: known[place]["AvailabilityZone"] for place in _places(request) if place in known}
    if len(set(zones.values())) > 1:
        said = ", ".join(f"{mount} in {where}" for (mount, _), where in sorted(zones.items()))
        raise ProviderError(
            f"The volumes of {request.instance} are in different zones ({said}), and a machine is in one. "
            "Move them into one zone by snapshots, with their tags."
        )
    return next(iter(zones.values()), None)


def ensure(connection: Connection, request: MachineRequest, options: Options, machine: Instance) -> None:
    """Make sure that every volume of the request is attached to the machine; make those that there are not."""
    if not request.volumes:
        return
    known = of_instance(connection, request.stack, request.instance)
    places = _places(request)
    devices = _devices(places, known, machine)
    for place in places:
        volume = known.get(place) or _create(connection, request, options, place, machine["Placement"])
        _grow(connection, request, place[0], volume)
        _attach(connection, request.instance, place[0], volume, machine["InstanceId"], devices[place])


def attached(connection: Connection, stack: str, machine_id: str) -> tuple[Disk, ...]:
    """The volumes that are attached to a machine."""
    known = calls.describe_volumes(connection, {**tags.filters(stack=stack), "attachment.instance-id": [machine_id]})
    found = {_place(item): (item["VolumeId"], _attachment(item, machine_id)) for item in known}
    return tuple(
        Disk(place[0], volume, attachment["Device"], place[1])
        for place, (volume, attachment) in sorted(found.items(), key=lambda each: each[0] or ("", 0))
        if place is not None and attachment
    )


def seen(connection: Connection, stack: str) -> dict[str, dict[str, VolumeSeen]]:
    """The volumes of the stack by instance and mount point."""
    found: dict[str, dict[str, VolumeSeen]] = {}
    for item in calls.describe_volumes(connection, tags.filters(stack=stack)):
        place = _place(item)
        if place is None or item["State"] in _GOING:
            continue
        its = found.setdefault(tags.read(item).get(tags.INSTANCE, ""), {})
        holders = {each["InstanceId"] for each in item.get("Attachments", ()) if each["State"] in _HELD}
        before = its.get(place[0], VolumeSeen(frozenset()))
        its[place[0]] = VolumeSeen(
            before.machines | (holders or {""}), None if tags.DISK in tags.read(item) else item["Size"]
        )
    return found


def delete_one(connection: Connection, stack: str, instance: str, mount: str) -> None:
    """Delete the volumes of one mount point of an instance, with all data on them."""
    for item in calls.describe_volumes(connection, tags.filters(stack=stack, instance=instance)):
        if tags.read(item).get(tags.MOUNT) == mount and item["State"] not in _GOING:
            _delete(connection, item["VolumeId"])


def delete(connection: Connection, stack: str) -> None:
    """Delete every volume of the stack that has a mount point, with all data on it."""
    for item in calls.describe_volumes(connection, tags.filters(stack=stack)):
        if tags.MOUNT in tags.read(item) and item["State"] not in _GOING:
            _delete(connection, item["VolumeId"])


def _delete(connection: Connection, volume: str) -> None:
    _wait(connection, volume, waiting.DETACHED)
    with already.so("InvalidVolume.NotFound"):
        calls.delete_volume(connection, volume)


def _create(
    connection: Connection, request: MachineRequest, options: Options, place: Place, placement: Placement
) -> dict[str, Any]:
    mount, number = place
    array = mount in request.disks
    ours = {
        **options.tags,
        "Name": f"{request.stack}-{request.instance} {mount}{f' {number}' if array else ''}",
        tags.STACK: request.stack,
        tags.INSTANCE: request.instance,
        tags.MOUNT: mount,
        **({tags.DISK: str(number)} if array else {}),
    }
    zone = placement["AvailabilityZone"]
    wanted = options.volumes
    named = {"iops": "Iops", "throughput": "Throughput", "kms_key": "KmsKeyId"}
    parameters = {
        "AvailabilityZone": zone,
        "Size": request.sizes.get(mount, DEFAULT_SIZE),
        "VolumeType": wanted.get("type", "gp3"),
        "Encrypted": wanted.get("encrypted", True),
        "TagSpecifications": [{"ResourceType": "volume", "Tags": tags.written(ours)}],
        **{named[key]: value for key, value in wanted.items() if key in named},
    }
    token = f"{request.token} {_marked(place)} {zone}"
    for number in range(1, _TOKENS):
        try:
            return _made(connection, parameters, token if number == 1 else f"{token} {number}")
        except waiting.WaitedInVainError as error:
            # AWS goes on telling of the first volume that a token has made, also once somebody has deleted it.
            if error.state not in ("unseen", *_GOING):
                raise
        except CallError as error:
            # So it does where another size is asked for by now: one that is there would have been found by its tags.
            if error.meaning is not Meaning.MISMATCH:
                raise
    return _made(connection, parameters, f"{token} {_TOKENS}")


def _made(connection: Connection, parameters: Mapping[str, Any], token: str) -> dict[str, Any]:
    given = {**parameters, "ClientToken": hashlib.sha256(token.encode()).hexdigest()}
    volume = calls.create_volume(connection, given)
    return _wait(connection, volume["VolumeId"], _MADE)


def _grow(connection: Connection, request: MachineRequest, mount: str, volume: Mapping[str, Any]) -> None:
    """Make a volume as large as it is wanted. One that is larger stays so, and an array as it was made.

    So does one that AWS does not let grow for now: its instance is not kept waiting for hours, see `grow_one`.
    """
    wanted = request.sizes.get(mount, 0)
    if mount in request.disks or int(volume["Size"]) >= wanted:
        return
    try:
        _larger(connection, request.instance, mount, volume, wanted)
    except CallError as error:
        if error.code not in _NOT_NOW:
            raise


def grow_one(connection: Connection, stack: str, instance: str, mount: str, wanted: int) -> None:
    """Make the volume of a mount point larger, while it is in use. Raises CallError where AWS does not for now."""
    volume = of_instance(connection, stack, instance).get((mount, 0))
    if volume is not None and int(volume["Size"]) < wanted:
        _larger(connection, instance, mount, volume, wanted)


def _larger(connection: Connection, instance: str, mount: str, volume: Mapping[str, Any], wanted: int) -> None:
    refused: CallError | None = None
    try:
        calls.modify_volume(connection, volume["VolumeId"], wanted)
    except CallError as error:
        # It is at a change, which is this one if the answer to that was lost.
        if error.code != _CHANGING:
            raise
        refused = error
    try:
        waiting.wait(
            waiting.GROWN if refused is None else _MAY_GROW,
            f"The volume {volume['VolumeId']} ({mount}) of {instance}",
            lambda: _described(connection, volume["VolumeId"]),
            lambda found: "grown" if int(found.get("Size", 0)) >= wanted else "smaller",
            connection.pause,
        )
    except waiting.WaitedInVainError as error:
        raise refused or error from None


def _attach(
    connection: Connection, instance: str, mount: str, volume: Mapping[str, Any], machine_id: str, device: str
) -> None:
    if _attachment(volume, machine_id):
        return
    others = [item["InstanceId"] for item in volume.get("Attachments", ()) if item["State"] != "detached"]
    if others:
        # One that is going lets its volumes go; until then AWS refuses to attach them elsewhere.
        _wait(connection, volume["VolumeId"], waiting.DETACHED, f"{mount} of {instance}, still with {others[0]},")
    try:
        waiting.known(lambda: calls.attach_volume(connection, volume["VolumeId"], machine_id, device), connection.pause)
    except CallError as error:
        if error.code != "VolumeInUse" or not _attachment(_described(connection, volume["VolumeId"]), machine_id):
            raise
    waiting.wait(
        waiting.ATTACHED,
        f"The volume {volume['VolumeId']} ({mount}) of {instance}",
        lambda: _described(connection, volume["VolumeId"]),
        lambda found: (_attachment(found, machine_id) or {"State": "attaching"})["State"],
        connection.pause,
    )


def _attachment(volume: Mapping[str, Any], machine_id: str) -> Mapping[str, Any] | None:
    mine = (item for item in volume.get("Attachments", ()) if item["InstanceId"] == machine_id)
    return next((item for item in mine if item["State"] in _HELD), None)


def _marked(place: Place) -> str:
    mount, number = place
    return f"{mount} {number}" if number else mount


def _devices(places: Sequence[Place], known: Mapping[Place, Mapping[str, Any]], machine: Instance) -> dict[Place, str]:
    """A device for each place: the one that it has, or the next that is free."""
    machine_id = machine["InstanceId"]
    has = {place: item["Device"] for place in places if (item := _attachment(known.get(place, {}), machine_id))}
    taken = [*has.values(), *(item["DeviceName"] for item in machine.get("BlockDeviceMappings", ()))]
    letters = {found[1] for device in taken if (found := _DEVICE.match(device))}
    free = [f"/dev/sd{letter}" for letter in _LETTERS if letter not in letters]
    new = [place for place in places if place not in has]
    if len(new) > len(free):
        raise ProviderError(
            f"The machine {machine_id} has room for {len(free)} more volumes, and the stack file wants {len(new)} more."
        )
    return {**has, **dict(zip(new, free, strict=False))}


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
