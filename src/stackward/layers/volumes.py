"""Where the volumes of an instance lie, as seen from the data of a server."""

from __future__ import annotations

from collections.abc import Iterable

from stackward.definition.model import Volume


def mount_below(volumes: Iterable[Volume], data: str) -> str:
    """Return the mount of the volume that holds a server's data or is a part of it, "" if there is none."""
    return next((volume.mount for volume in volumes if _holds(volume.mount, data)), "")


def _holds(mount: str, data: str) -> bool:
    path = mount.rstrip("/")
    return path == data or data.startswith(f"{path}/") or path.startswith(f"{data}/")
