"""Whether the volumes of a stack file can be mounted side by side on each instance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, Path, shown

FEWEST = {0: 2, 1: 2, 10: 4}
"""The fewest disks of an array, by its level."""


def findings(data: Any) -> Iterator[Finding]:
    """Arrays that cannot be, and mount points that one layer has twice, or two layers of one instance have both."""
    yield from _arrays(data)
    mounts = {layer: list(_mounts(data, "layers", layer)) for layer in raw.mapping(data, "layers")}
    for layer, places in mounts.items():
        yield from _twice(("layers", layer), places, "in this layer")
    for instance in raw.mapping(data, "instances"):
        yield from _twice(("instances", instance), list(_mounts(data, "instances", instance)), "here")
    for instance in raw.mapping(data, "instances"):
        owners: dict[str, str] = {}
        for position, layer in raw.texts(data, "instances", instance, "layers"):
            for _, mount in mounts.get(layer, ()):
                owner = owners.setdefault(mount, layer)
                if owner != layer:
                    yield (
                        ("instances", instance, "layers", position),
                        Mistake(
                            f"the layers {shown(owner)} and {shown(layer)} both mount a volume at {shown(mount)}",
                            "give each volume a folder of its own",
                        ),
                    )


def _twice(owner: Path, places: Iterable[tuple[int, str]], where: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, mount in places:
        if mount in seen:
            yield (
                (*owner, "volumes", position, "mount"),
                Mistake(f"{shown(mount)} is mounted twice {where}", "give each volume a folder of its own"),
            )
        seen.add(mount)


def _mounts(data: Any, section: str, name: str) -> Iterator[tuple[int, str]]:
    for position, volume in raw.items(data, section, name, "volumes"):
        mount = raw.text(volume, "mount")
        if mount is not None:
            yield position, mount


def _arrays(data: Any) -> Iterator[Finding]:
    owners = [(section, name) for section in ("layers", "instances") for name in raw.mapping(data, section)]
    for section, name in owners:
        for position, volume in raw.items(data, section, name, "volumes"):
            if not isinstance(volume, dict) or "disks" not in volume:
                continue
            place = (section, name, "volumes", position, "disks")
            level, disks = volume.get("raid"), volume["disks"]
            if level is None:
                yield place, Mistake("several disks are an array", "write raid: 0, 1 or 10 too, or remove disks")
            elif level == 10 and isinstance(disks, int) and (disks < FEWEST[10] or disks % 2):
                yield place, Mistake(f"an array of level 10 cannot be of {disks} disks", "write 4, 6 or 8")
