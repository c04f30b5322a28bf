#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: disk
short_description: Make a file system on an empty disk, and mount it for good
version_added: 0.1.0
description:
  - Finds an attached disk by the id of its volume, or by the device that it was attached as.
  - Makes a file system on it only where there is nothing at all on it. What is there is never overwritten.
  - Grows an ext4 or xfs file system that is smaller than its disk, once it is mounted.
  - Mounts it at its folder, now and after every boot, by the file system's own id.
author:
  - Stackward maintainers (@stackward)
attributes:
  check_mode:
    support: full
    description: Can run in check mode and tell what would be done.
  diff_mode:
    support: none
    description: Does not show differences.
  platform:
    support: full
    platforms: posix
    description: Linux with util-linux and the tools of the file system.
options:
  volume:
    description: The id of the volume, as the disk gives it as its serial number.
    type: str
    required: true
  device:
    description: The device as which it was attached, for hosts whose disks have no serial number.
    type: str
    required: true
  mount:
    description: The folder at which it is mounted.
    type: path
    required: true
  file_system:
    description: The file system for an empty disk.
    type: str
    choices: [ext4, xfs]
    default: ext4
  cover:
    description:
      - Whether it may be mounted on a folder that holds files already, which are hidden by it from then on.
      - Where it may not, and there are some, nothing is done, and the module fails.
    type: bool
    default: true
  timeout:
    description: Seconds to wait for the disk to appear.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Mount the data
  stackward.ops.disk:
    volume: vol-0123456789abcdef0
    device: /dev/sdf
    mount: /var/lib/postgresql
"""

RETURN = r"""
device:
  description: The disk's device on this host.
  returned: success
  type: str
grown:
  description: Whether the file system was made larger.
  returned: success
  type: bool
made:
  description: Whether a file system was made.
  returned: success
  type: bool
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stackward.ops.plugins.module_utils.disks import Disks

TABLE = "/etc/fstab"

LEFT_OVER = 16 * 2**20
"""Bytes at the end of a disk. mkfs leaves out a last group that would hold little more than its own tables."""


def file_system(disks, device):
    """Return the id of what is on a device, None where there is nothing."""
    code, said, error = disks.run("blkid", "-p", "-s", "UUID", "-o", "value", device)
    if disks.empty(code, device):
        return None
    if code or not said.strip():
        disks.module.fail_json(
            msg=f"{device} holds something that is no file system ({error.strip() or 'partitions or a container'}). "
            "It is left as it is; look at it yourself."
        )
    return said.strip()


def mounted(disks, folder):
    """Return the device that is mounted at a folder, None where there is none."""
    code, said, _error = disks.run("findmnt", "--noheadings", "--output", "SOURCE", "--mountpoint", folder)
    return None if code else said.strip()


def holds_files(folder):
    """Return whether there is anything in a folder."""
    return os.path.isdir(folder) and bool(os.listdir(folder))


def grows(disks, device):
    """Return whether the ext file system on a device is smaller than it, by more than mkfs may leave over."""
    said = disks.must("dumpe2fs", "-h", device)
    found = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    size = int(found["Block count"]) * int(found["Block size"])
    return int(disks.must("blockdev", "--getsize64", device)) - size >= LEFT_OVER


def grown(disks, device, folder):
    """Make the file system as large as its disk, and return whether it was not. Check mode only looks."""
    _code, said, _error = disks.run("blkid", "-p", "-s", "TYPE", "-o", "value", device)
    kind = said.strip()
    if kind.startswith("ext"):
        smaller = grows(disks, device)
        if smaller and not disks.module.check_mode:
            disks.must("resize2fs", device)
        return smaller
    if kind == "xfs" and not disks.module.check_mode:
        return "data blocks changed" in disks.must("xfs_growfs", folder)
    return False


def table_with(text, identity, folder):
    """Return the table of mounts with exactly one line for a folder."""
    kept = [line for line in text.splitlines() if line.lstrip().startswith("#") or line.split()[1:2] != [folder]]
    return "\n".join([*kept, f"UUID={identity} {folder} auto defaults,nofail 0 2"]) + "\n"


def main():
    """Make sure of the file system, the table and the mount."""
    module = AnsibleModule(
        argument_spec={
            "volume": {"type": "str", "required": True},
            "device": {"type": "str", "required": True},
            "mount": {"type": "path", "required": True},
            "file_system": {"type": "str", "choices": ["ext4", "xfs"], "default": "ext4"},
            "cover": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 60},
        },
        supports_check_mode=True,
    )
    given = module.params
    disks = Disks(module)
    device = disks.find(given["volume"], given["device"], given["timeout"])
    here = mounted(disks, given["mount"])
    if here is None and not given["cover"] and holds_files(given["mount"]):
        module.fail_json(
            msg=f"{given['mount']} holds files, which {given['volume']} would hide if it were mounted there. Nothing "
            "is changed here. Move them away, start the instance, and move them back; or give the volume another "
            "folder in the stack file."
        )
    identity = file_system(disks, device)
    made = identity is None
    if made and not module.check_mode:
        disks.must(f"mkfs.{given['file_system']}", device)
        identity = file_system(disks, device)
    if here is not None and os.path.realpath(here) != device:
        module.fail_json(msg=f"{here} is mounted at {given['mount']}, where {device} belongs.")
    changed = made or here is None
    with open(TABLE, encoding="utf-8") as file:
        before = file.read()
    after = table_with(before, identity, given["mount"]) if identity else before
    changed = changed or set(before.splitlines()) != set(after.splitlines())
    if not module.check_mode and changed:
        os.makedirs(given["mount"], exist_ok=True)
        if set(before.splitlines()) != set(after.splitlines()):
            with open(TABLE + ".new", "w", encoding="utf-8") as file:
                file.write(after)
            os.replace(TABLE + ".new", TABLE)
        if here is None:
            disks.must("mount", device, given["mount"])
    larger = identity is not None and not made and grown(disks, device, given["mount"])
    module.exit_json(changed=changed or larger, device=device, made=made, grown=larger)


if __name__ == "__main__":
    main()
