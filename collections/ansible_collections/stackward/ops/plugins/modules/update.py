# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action update; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: update
short_description: Install the distribution's updates on one batch of instances after another
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Runs the role C(stackward.ops.system_updates) on the online instances that are meant, batch after batch. An instance
    leaves its load balancers, gets its updates, is rebooted where they need it, and is put back.
  - Each batch is a run of its own of the playbook C(stackward.ops.run_recipes), with claims and commands like any
    other. The first batch that fails is the last one.
  - An update that is started again finds nothing to do where it has been.
options:
  stack:
    description: The stack that is meant, where the inventory has several; all unless given.
    type: str
  instance:
    description: The instances that are meant; all unless instances or layers are given.
    type: list
    elements: str
  layer:
    description: The layers whose instances are meant.
    type: list
    elements: str
  batch:
    description: How many instances of a stack go at a time, as a number or as a part such as V(25%).
    type: str
    default: "1"
  reason:
    description: Why, for the journal.
    type: str
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    description: Whether it can run in check mode without changing anything. Every batch runs in check mode then.
"""

EXAMPLES = r"""
- name: Update the web servers, two at a time
  stackward.ops.update:
    layer: [web]
    batch: "2"
"""

RETURN = r"""
updated:
  description: The instances that were brought up to date, or were so already.
  returned: success
  type: list
  elements: str
"""
