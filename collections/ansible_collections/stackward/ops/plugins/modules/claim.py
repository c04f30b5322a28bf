# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action claim; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: claim
short_description: Decide what to do and claim the instances for it
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Reads the state of every stack of the inventory, decides what must happen next, and claims the instances
    concerned in the same transaction.
  - An instance that another run holds is left to that run.
  - With O(phase=move), first brings the resources of the stacks to what their files want. Where there is nothing to do
    but a deploy of one batch, in one call on each host, claims that batch too; the next look of the run concludes it.
  - In check mode shows the plan, and claims nothing.
options:
  phase:
    description: >-
      Whether to claim instances that must move, the next batch of Setups, or of a rollout, or online instances that
      are due a Configure.
    type: str
    required: true
    choices: [move, set_up, deploy, configure]
  scope:
    description: The instances that this run may move, by stack. Left out, all of them.
    type: dict
  stack:
    description: Keep to this stack of the inventory, where O(scope) is left out.
    type: str
  instance:
    description: Keep to these instances, where O(scope) is left out.
    type: list
    elements: str
  layer:
    description: Keep to the instances of these layers, where O(scope) is left out.
    type: list
    elements: str
  kind:
    description: The name that the run bears in the journal.
    type: str
    default: converge
  runs:
    description: The number of this run in each stack, from an earlier phase.
    type: dict
    default: {}
  batch:
    description: The instances of the batch, with O(phase=set_up) and O(phase=deploy).
    type: list
    elements: str
    default: []
  size:
    description: >-
      How many instances of a layer that the stack file has set up again go at a time, as C(2) or C(25%), with
      O(phase=move). Left out, as many as in deploys of its apps.
    type: str
  rolled:
    description: The rollouts that this run has worked on, by stack, from an earlier phase.
    type: dict
    default: {}
  straight:
    description: With O(phase=deploy), leave instances alone whose deploy is more than one call.
    type: bool
    default: false
  imagined:
    description: In check mode, what M(stackward.ops.request) would have asked for, by stack.
    type: dict
    default: {}
  allow_destroy:
    description: Whether volumes, addresses and databases that nobody wants any more are deleted.
    type: bool
    default: false
  problems:
    description: What went wrong with resources, from an earlier phase.
    type: list
    elements: str
    default: []
  looked:
    description: Whether an earlier look, in check mode, has told what there is to do. It is not told again.
    type: bool
    default: false
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
"""

EXAMPLES = r"""
- name: Claim the instances that must move
  stackward.ops.claim:
    phase: move
  register: stackward_round
"""

RETURN = r"""
instances:
  description: What was claimed, by instance.
  returned: always
  type: dict
runs:
  description: The number of this run in each stack. Empty when there was nothing more to do; the run has ended then.
  returned: always
  type: dict
batches:
  description: >-
    How many instances of C(plays.deploy) or C(plays.deploy_straight) each batch has. They are claimed later, with
    O(phase=deploy).
  returned: always
  type: list
  elements: int
set_up_batches:
  description: How many instances of C(plays.set_up) each batch has. They are claimed later, with O(phase=set_up).
  returned: always
  type: list
  elements: int
rolled:
  description: The rollouts that this run has worked on, by stack.
  returned: always
  type: dict
problems:
  description: What went wrong with resources, in words. It keeps no instance from being moved.
  returned: always
  type: list
  elements: str
looked:
  description: Whether this was a look in check mode.
  returned: always
  type: bool
unlisted:
  description: Instances that the inventory does not know, or not where they are now, with how they are reached.
  returned: always
  type: list
  elements: raw
plays:
  description: The hosts of each play that follows, by what the play does. A play without work names none.
  returned: always
  type: dict
"""
