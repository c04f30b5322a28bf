"""Which disks of a machine are mounted as they are, and which are an array that is mounted in their place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from stackward.providers.base import Disk


def name(mount: str) -> str:
    """The name of the array for a mount point: what a superblock of mdadm has room for, and the same ever after."""
    return f"stackward-{hashlib.sha256(mount.encode()).hexdigest()[:12]}"


def mounted(
    disks: Sequence[Disk], arrays: Mapping[str, Mapping[str, int]], later: Collection[str] = ()
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is mounted, and the arrays that are made before, as plain data for the plays.

    `later` are mount points of volumes that came when the host was set up already: what is there must not be covered.
    """
    alone = [
        {"mount": disk.mount, "volume": disk.volume, "device": disk.device}
        for disk in disks
        if disk.mount not in arrays
    ]
    found = {
        mount: [
            {"volume": disk.volume, "device": disk.device}
            for disk in sorted(disks, key=lambda disk: disk.number)
            if disk.mount == mount
        ]
        for mount in arrays
    }
    made = [{"name": name(mount), "level": arrays[mount]["level"], "disks": its} for mount, its in found.items() if its]
    together = [
        {"mount": mount, "volume": name(mount), "device": f"/dev/md/{name(mount)}"}
        for mount, its in found.items()
        if its
    ]
    return [{**item, "cover": item["mount"] not in later} for item in (*alone, *together)], made
