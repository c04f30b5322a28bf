# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action request; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: request
short_description: Ask for a state or an event of instances
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Writes down what is wanted of the instances of a stack, who wants it and why. Nothing is moved by it.
  - The playbook C(stackward.ops.converge) carries requests out.
  - In check mode shows what would follow, and writes nothing.
options:
  want:
    description: What is wanted.
    type: str
    required: true
    choices:
      - registered
      - started
      - stopped
      - terminated
      - deregistered
      - rebooted
      - setup
      - configure
      - deploy
      - undeploy
      - shutdown
      - run_recipes
      - rollback
      - restart_app
      - stop_app
      - start_app
  stack:
    description: Keep to this stack of the inventory.
    type: str
  instance:
    description: Keep to these instances.
    type: list
    elements: str
  layer:
    description: Keep to the instances of these layers.
    type: list
    elements: str
  app:
    description: The app that it is about. May be left out where the stack has only one.
    type: str
  revision:
    description: Deploy this revision instead of the one that the stack file names.
    type: str
  batch:
    description: >-
      With O(want=setup), how many online instances of a layer go at a time: a number, or a part such as V(25%). Left
      out, as many as deploys of its apps take, and never all that are online.
    type: str
  release:
    description: With O(want=rollback), the release to go back to; O(revision) may name it by its revision instead.
    type: str
  recipes:
    description: >-
      Recipes to run, in this order. Each is a role's name, the path of a task file (C(.yml)) or of a Puppet manifest
      (C(.pp)), or a mapping as in the stack file, such as C({command: uptime}).
    type: list
    elements: raw
  attributes:
    description: Custom attributes for this command only. They win over those of instance, layer and stack.
    type: dict
    default: {}
  force:
    description: With O(want=stopped), do not wait for the system of the machine, which may be stuck.
    type: bool
    default: false
  reason:
    description: Why, for the journal.
    type: str
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
"""

EXAMPLES = r"""
- name: Ask for the web layer to be online
  stackward.ops.request:
    want: started
    layer: [web]
    reason: Monday morning
"""

RETURN = r"""
stacks:
  description: The instances meant, by stack.
  returned: always
  type: dict
imagined:
  description: In check mode, what would have been asked for, by stack.
  returned: always
  type: dict
"""
