"""Where the volumes of a layer lie, as seen from the data of a server."""

from __future__ import annotations

from stackward.definition.model import Layer


def mount_below(layer: Layer, data: str) -> str:
    """Return the mount of the layer's volume that holds a server's data or is a part of it, "" if there is none."""
    return next((volume.mount for volume in layer.volumes if _holds(volume.mount, data)), "")


def _holds(mount: str, data: str) -> bool:
    path = mount.rstrip("/")
    return path == data or data.startswith(f"{path}/") or path.startswith(f"{data}/")
