# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds attached disks on a host, by the id of their volume or by the device that they were attached as."""

from __future__ import annotations

import glob
import json
import os
import time

NOTHING = 2
"""blkid's answer where it finds nothing on a device, and also where it cannot read it."""

LOOKED_AT = 2**20
"""Bytes at the beginning of a disk, in which file systems, partitions and arrays have their marks."""


def candidates(volume, device):
    """Return where the disk may be: NVMe disks are named by serial number, others by device."""
    serial = volume.replace("-", "")
    letter = device.rpartition("/sd")[2]
    return [
        *sorted(glob.glob(f"/dev/disk/by-id/*{serial}")),
        f"/dev/xvd{letter}",
        device,
    ]


class Disks:
    """The disks of this host."""

    def __init__(self, module):
        self.module = module

    def run(self, *words):
        """Return the exit code and what was said."""
        code, said, error = self.module.run_command(list(words))
        return code, said, error

    def must(self, *words):
        """Run a command that has to succeed."""
        code, said, error = self.run(*words)
        if code:
            self.module.fail_json(msg=f"{' '.join(words)} failed: {(error or said).strip()}")
        return said

    def empty(self, code, device):
        """Return whether blkid's exit code says that there is nothing on a device, which can be read."""
        if code != NOTHING:
            return False
        try:
            with open(device, "rb") as disk:
                disk.read(LOOKED_AT)
        except OSError as error:
            self.module.fail_json(msg=f"{device} cannot be read ({error.strerror}), so nothing is written to it.")
        return True

    def by_serial(self, volume):
        """Return the device whose serial number is the volume's id, None where there is none."""
        code, said, _error = self.run("lsblk", "--json", "--nodeps", "--paths", "--output", "NAME,SERIAL")
        if code:
            return None
        for item in json.loads(said).get("blockdevices", []):
            if (item.get("serial") or "").replace("-", "") == volume.replace("-", ""):
                return item["name"]
        return None

    def find(self, volume, device, timeout):
        """Return the disk's device, once it is there."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.by_serial(volume)
            for path in [found] if found else candidates(volume, device):
                if os.path.exists(path):
                    return os.path.realpath(path)
            if time.monotonic() >= deadline:
                self.module.fail_json(msg=f"The volume {volume} ({device}) did not appear within {timeout:.0f} s.")
            time.sleep(1)
