"""Whether the volumes of a stack file can be mounted side by side on each instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackward.definition import raw
from stackward.definition.mistake import Finding, Mistake, shown


def findings(data: Any) -> Iterator[Finding]:
    """Mount points that one layer has twice, or two layers of one instance have both."""
    mounts = {layer: list(_mounts(data, layer)) for layer in raw.mapping(data, "layers")}
    for layer, places in mounts.items():
        seen: set[str] = set()
        for position, mount in places:
            if mount in seen:
                yield (
                    ("layers", layer, "volumes", position, "mount"),
                    Mistake(f"{shown(mount)} is mounted twice in this layer", "give each volume a folder of its own"),
                )
            seen.add(mount)
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


def _mounts(data: Any, layer: str) -> Iterator[tuple[int, str]]:
    for position, volume in raw.items(data, "layers", layer, "volumes"):
        mount = raw.text(volume, "mount")
        if mount is not None:
            yield position, mount
