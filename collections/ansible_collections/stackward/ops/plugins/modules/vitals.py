#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vitals
short_description: Measure how busy a host is
version_added: 0.1.0
description:
  - Measures CPU, memory, load average, disk and processes of the host, with nothing but Python's standard library.
  - >-
    The CPU is the mean since the last measurement on the host, if that is between five seconds and ten minutes ago, or
    else over one second.
  - >-
    In a container, CPU and memory are those of the container, against its limits or else the whole machine. The load
    average is the machine's.
author:
  - Stackward maintainers (@stackward)
options: {}
attributes:
  check_mode:
    description: Nothing of the host is changed but a file with counters in C(/run).
    support: full
"""

EXAMPLES = r"""
- name: Measure
  stackward.ops.vitals:
  register: measured

- name: Show it
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }} is {{ measured.vitals.cpu }} % busy"
"""

RETURN = r"""
vitals:
  description: What was measured.
  returned: always
  type: dict
  contains:
    cpu:
      description: Processor time in use, percent.
      type: float
    memory:
      description: Memory in use without the cache of files, percent.
      type: float
    load:
      description: The load average of one minute, for each core.
      type: float
    disk:
      description: How full the fullest file system on a disk is, percent.
      type: float
    processes:
      description: How many processes there are.
      type: int
    seconds:
      description: Over how many seconds the CPU was measured.
      type: float
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stackward.ops.plugins.module_utils import vitals


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    module.exit_json(changed=False, vitals=vitals.measure())


if __name__ == "__main__":
    main()
