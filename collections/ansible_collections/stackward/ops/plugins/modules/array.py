#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: array
short_description: Make an array of empty disks, or put it together again
version_added: 0.1.0
description:
  - Makes an array with mdadm where all its disks are empty.
  - Puts it together where they have been an array before, on this host or on another one.
  - An empty disk in place of a lost one is added to an array of level 1 or 10. What is on a disk is never overwritten.
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
    description: Linux with mdadm and util-linux.
options:
  name:
    description: The name of the array, which is C(/dev/md/NAME) afterwards.
    type: str
    required: true
  level:
    description: Its level.
    type: int
    required: true
    choices: [0, 1, 10]
  disks:
    description: Its disks.
    type: list
    elements: dict
    required: true
    suboptions:
      volume:
        description: The id of the volume, as the disk gives it as its serial number.
        type: str
        required: true
      device:
        description: The device as which it was attached.
        type: str
        required: true
  timeout:
    description: Seconds to wait for the disks to appear.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Make an array for the data
  stackward.ops.array:
    name: data
    level: 1
    disks:
      - {volume: vol-0123456789abcdef0, device: /dev/sdf}
      - {volume: vol-0fedcba9876543210, device: /dev/sdg}
"""

RETURN = r"""
device:
  description: The array's device on this host.
  returned: success
  type: str
made:
  description: Whether the array was made.
  returned: success
  type: bool
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stackward.ops.plugins.module_utils.disks import Disks

FOLDER = "/dev/md"


def array_of(disks, device):
    """Return the id of the array that a disk belongs to, "" for an empty disk. Fails where it holds else."""
    code, said, _error = disks.run("mdadm", "--examine", "--export", device)
    known = dict(line.partition("=")[::2] for line in said.splitlines() if "=" in line)
    if not code and known.get("MD_UUID"):
        return known["MD_UUID"]
    code, said, _error = disks.run("blkid", "-p", "-o", "export", device)
    if not disks.empty(code, device):
        disks.module.fail_json(
            msg=f"{device} holds something that is no array of mdadm. It is left as it is; look at it yourself."
        )
    return ""


def members(disks, array):
    """Return the disks of an array that runs; none where it does not."""
    if not os.path.exists(array):
        return set()
    code, said, _error = disks.run("mdadm", "--detail", "--export", array)
    pairs = [line.partition("=")[::2] for line in said.splitlines()]
    return set() if code else {os.path.realpath(value) for key, value in pairs if key.endswith("_DEV")}


def assembled(disks, identity):
    """Return the device of an array by its id, under whatever name the system has put it together, and if it runs."""
    code, said, _error = disks.run("mdadm", "--detail", "--scan")
    for line in [] if code else said.splitlines():
        words = line.split()
        if f"UUID={identity}" in words:
            return words[1], words[0] == "ARRAY"
    return None, False


def named(disks, array, timeout):
    """Wait until an array has its name, which mdadm leaves to udev where there is one."""
    deadline = time.monotonic() + timeout
    while not os.path.exists(array):
        if time.monotonic() >= deadline:
            disks.module.fail_json(msg=f"The array {array} did not appear within {timeout:.0f} s.")
        time.sleep(0.5)


def main():
    """Make the array, or put it together."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "level": {"type": "int", "required": True, "choices": [0, 1, 10]},
            "disks": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "volume": {"type": "str", "required": True},
                    "device": {"type": "str", "required": True},
                },
            },
            "timeout": {"type": "float", "default": 60},
        },
        supports_check_mode=True,
    )
    given = module.params
    disks = Disks(module)
    array = os.path.join(FOLDER, given["name"])
    devices = [disks.find(disk["volume"], disk["device"], given["timeout"]) for disk in given["disks"]]
    arrays = {device: array_of(disks, device) for device in devices}
    ids = sorted(set(arrays.values()) - {""})
    empty = [device for device in devices if not arrays[device]]
    if len(ids) > 1:
        module.fail_json(msg=f"The disks of {given['name']} belong to different arrays: {', '.join(ids)}.")
    if not ids:
        if not module.check_mode:
            disks.must(*creation(array, given["name"], given["level"], devices))
            named(disks, array, given["timeout"])
        module.exit_json(changed=True, device=array, made=True)
    if empty and given["level"] == 0:
        module.fail_json(
            msg=f"{empty[0]} is empty, and an array of level 0 cannot do without one of its disks. Its data is lost, "
            "or the stack file names more disks than it was made of."
        )
    changed = put_together(disks, array, ids[0], [device for device in devices if arrays[device]], module.check_mode)
    if changed and not module.check_mode:
        named(disks, array, given["timeout"])
    missing = [device for device in empty if device not in members(disks, array)]
    for device in missing:
        changed = True
        if not module.check_mode:
            disks.must("mdadm", "--manage", array, "--add", device)
    module.exit_json(changed=changed, device=array, made=False)


def creation(array, name, level, devices):
    """Return the command that makes an array of empty disks."""
    return [
        "mdadm",
        "--create",
        array,
        "--run",
        "--metadata=1.2",
        "--homehost=any",
        f"--name={name}",
        f"--level={level}",
        f"--raid-devices={len(devices)}",
        *devices,
    ]


def put_together(disks, array, identity, devices, look_only):
    """Start an array under its name. Returns whether it did not run under it yet."""
    if members(disks, array):
        return False
    if look_only:
        return True
    other, runs = assembled(disks, identity)
    if other is not None:
        # The system found it at boot, under a name of its own choice, and may have mounted it already. It waits some
        # time for a disk that is missing before it starts the array without.
        if not runs:
            disks.must("mdadm", "--run", other)
        os.makedirs(FOLDER, exist_ok=True)
        if os.path.islink(array):
            os.unlink(array)
        os.symlink(other, array)
        return True
    disks.must("mdadm", "--assemble", "--run", array, f"--uuid={identity}", *devices)
    return True


if __name__ == "__main__":
    main()
