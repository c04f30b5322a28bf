# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action scale; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: scale
short_description: Ask for what schedules and load want
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Asks the sources of measurements that are due, and writes down which time-based and load-based instances are to
    start or stop now, by whom (C(auto-scaling)) and why. The playbook C(stackward.ops.converge) carries it out.
  - Where every instance is as it is wanted, or has been asked to be, no request is written.
  - Measuring over SSH runs a small program on the instances.
options:
  stack:
    description: The stack that is meant, where the inventory has several.
    type: str
  instance:
    description: The instances that are meant; all where neither these nor layers are named.
    type: list
    elements: str
  layer:
    description: Layers whose instances are meant.
    type: list
    elements: str
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
"""

EXAMPLES = r"""
- name: Decide and write the requests
  stackward.ops.scale:
    layer: [web]
"""

RETURN = r"""
stacks:
  description: By stack, the instances that scaling has asked for and that no other run moves.
  returned: always
  type: dict
imagined:
  description: In check mode, what would be asked for.
  returned: always
  type: dict
"""
