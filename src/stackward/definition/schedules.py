"""The schedules of a whole stack file: who has one, whose time zone counts, and whether each can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import host_pattern, raw, schedule_reading
from stackward.definition.mistake import Finding, Mistake, Path, described, suggestion
from stackward.definition.model import InstanceType
from stackward.definition.schedule import Capacity, Schedule

DEFAULT_TIMEZONE = "UTC"

_CAPACITY_RIGHT = 'write a list, such as [{instances: 2, during: {mon-fri: "08:00-20:00"}}]'
_CAPACITY_KEYS = ("instances", "during")


def findings(data: Any) -> Iterator[Finding]:
    """Everything that is wrong with the schedules of the file's data, whatever shape it has."""
    for key in raw.mapping(data, "instances"):
        yield from _instance(data, key)
    for name in raw.mapping(data, "layers"):
        if raw.mapping(data, "layers", name).get("capacity") is not None:
            yield from _capacity(data, name)


def schedule_of(data: Any, key: str) -> Schedule | None:
    """The schedule of the instances under a key of checked data."""
    instance = raw.mapping(data, "instances", key)
    if instance.get("schedule") is None:
        return None
    return schedule_reading.read(instance["schedule"], (), _instance_timezone(data, key)[0])[0]


def capacity_of(data: Any, layer: str) -> tuple[Capacity, ...]:
    """The capacity of a layer of checked data."""
    return tuple(
        Capacity(item["instances"], schedule_reading.read(item["during"], (), _layer_timezone(data, layer))[0])
        for _, item in raw.items(data, "layers", layer, "capacity")
    )


def _instance(data: Any, key: str) -> Iterator[Finding]:
    instance = raw.mapping(data, "instances", key)
    path: Path = ("instances", key)
    timed = instance.get("type") == InstanceType.TIME.value
    if instance.get("schedule") is None:
        if timed and "layers" in instance and not any(_wants_some(data, layer) for layer in _layers_of(data, key)):
            yield (
                path,
                Mistake(
                    "is time-based and nothing says when it is wanted",
                    'write schedule: {mon-fri: "08:00-20:00"}, or give one of its layers a capacity',
                ),
            )
        if instance.get("timezone") is not None:
            yield (
                (*path, "timezone"),
                Mistake("counts for a schedule of its own only", "write it at the layer or at the stack"),
            )
        return
    if not timed:
        kind = instance.get("type", InstanceType.ALWAYS.value)
        if kind in (InstanceType.ALWAYS.value, InstanceType.LOAD.value):
            what = "a 24/7 instance" if kind == InstanceType.ALWAYS.value else "a load-based instance"
            yield (*path, "schedule"), Mistake(f"{what} has no schedule", "write type: time, or remove the schedule")
    timezone, unsure = _instance_timezone(data, key)
    if unsure and schedule_reading.timezone_of(instance["schedule"]) is None:
        yield (
            (*path, "schedule"),
            Mistake(
                f"the layers of this instance are in different time zones ({', '.join(unsure)})",
                f"write which one counts, such as timezone: {unsure[0]}",
            ),
        )
    yield from schedule_reading.read(instance["schedule"], (*path, "schedule"), timezone)[1]


def _capacity(data: Any, layer: str) -> Iterator[Finding]:
    path: Path = ("layers", layer, "capacity")
    listed = raw.mapping(data, "layers", layer)["capacity"]
    if not isinstance(listed, list) or not listed:
        yield path, Mistake(f"is {described(listed)}", _CAPACITY_RIGHT)
        return
    there = sum(_count(key) for key in raw.mapping(data, "instances") if _filled_by_capacity(data, key, layer))
    for position, item in enumerate(listed):
        here = (*path, position)
        if not isinstance(item, dict):
            yield here, Mistake(f"is {described(item)}", _CAPACITY_RIGHT)
            continue
        for key in item:
            if key not in _CAPACITY_KEYS:
                yield (*here, key), Mistake("unknown key", suggestion(key, _CAPACITY_KEYS, "keys here"))
        yield from _wanted(item, here, there)
        if "during" not in item:
            yield (*here, "during"), Mistake("is missing", 'write during: {mon-fri: "08:00-20:00"}')
        else:
            yield from schedule_reading.read(item["during"], (*here, "during"), _layer_timezone(data, layer))[1]


def _wanted(item: dict[str, Any], path: Path, there: int) -> Iterator[Finding]:
    if "instances" not in item:
        yield (*path, "instances"), Mistake("is missing", "write instances: 2")
        return
    wanted = item["instances"]
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
        yield (*path, "instances"), Mistake(f"is {described(wanted)}", "write a whole number, 1 or more, such as 2")
    elif wanted > there:
        has = "has none" if not there else f"has {there}"
        yield (
            (*path, "instances"),
            Mistake(
                f"{wanted} instances are wanted, and the layer {has} of type time without a schedule of their own",
                "add such instances to the layer" + (f", or write {there}" if there else ", or remove the capacity"),
            ),
        )


def _filled_by_capacity(data: Any, key: str, layer: str) -> bool:
    instance = raw.mapping(data, "instances", key)
    timed = instance.get("type") == InstanceType.TIME.value and instance.get("schedule") is None
    return timed and layer in _layers_of(data, key)


def _count(key: str) -> int:
    try:
        return host_pattern.parse(key).count
    except Mistake:
        return 0


def _layers_of(data: Any, key: str) -> tuple[str, ...]:
    """The layers of an instance in the order of the file, without those that the file does not have."""
    named = {layer for _, layer in raw.texts(data, "instances", key, "layers")}
    return tuple(layer for layer in raw.mapping(data, "layers") if layer in named)


def _wants_some(data: Any, layer: str) -> bool:
    return raw.mapping(data, "layers", layer).get("capacity") is not None


def _layer_timezone(data: Any, layer: str) -> str:
    """The time zone of a layer: its own, or else the stack's."""
    return raw.text(data, "layers", layer, "timezone") or raw.text(data, "timezone") or DEFAULT_TIMEZONE


def _instance_timezone(data: Any, key: str) -> tuple[str, tuple[str, ...]]:
    """The time zone around an instance's schedule, and those that contradict each other where its layers do."""
    own = raw.text(data, "instances", key, "timezone")
    if own is not None:
        return own, ()
    layers = _layers_of(data, key)
    zones = tuple(dict.fromkeys(zone for layer in layers if (zone := raw.text(data, "layers", layer, "timezone"))))
    if zones:
        return zones[0], zones if len(zones) > 1 else ()
    return raw.text(data, "timezone") or DEFAULT_TIMEZONE, ()
