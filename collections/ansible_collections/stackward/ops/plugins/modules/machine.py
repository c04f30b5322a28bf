# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action machine; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: machine
short_description: Move the machine of a claimed instance
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Registers, starts, stops, restarts or removes the machine of the instance that the task runs for, through its
    provider.
  - What is intended is saved before the provider is asked, so a repetition never makes a second machine.
options:
  state:
    description: What the machine must be; V(attached) changes nothing and tells the disks that the host has to mount.
    type: str
    required: true
    choices: [registered, running, attached, stopped, terminated, rebooted]
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
"""

EXAMPLES = r"""
- name: Boot the machine
  stackward.ops.machine:
    state: running
"""

RETURN = r"""
disks:
  description: The disks that the host has to mount, each with C(mount), C(volume) and C(device).
  returned: with O(state=attached)
  type: list
arrays:
  description: The arrays that it has to make before, each with C(name), C(level) and C(disks).
  returned: with O(state=attached)
  type: list
connection:
  description: The variables that lead Ansible to the machine, such as C(ansible_host) and C(ansible_port).
  returned: when the machine runs
  type: dict
"""
