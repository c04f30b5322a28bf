# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action rollout; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rollout
short_description: Take one step of a rollout on a claimed instance
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Brings the release of a deploy to an instance, checks it there, records how that went, and takes it back where
    the batch has failed.
  - The playbook C(stackward.ops.converge) takes the steps in order, batch after batch.
  - What is wanted of the host is applied there by M(stackward.ops.ensure).
options:
  step:
    description:
      - V(release) puts the release in place, after noting on the host what was there before.
      - V(check) asks what must be well before the instance gets requests again.
      - V(fail) records that the step has failed that is being rescued; the task itself succeeds.
      - V(judge) concludes the batch, and says who has to be taken back.
      - V(take_back) lets the host be what it was before.
      - V(taken_back) records that, or with O(failure) that it could not be done.
    type: str
    required: true
    choices: [release, check, fail, judge, take_back, taken_back]
  check:
    description: With O(step=release), whether to check in the same call.
    type: bool
    default: false
  failure:
    description: What went wrong, with O(step=taken_back).
    type: str
    default: ''
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
"""

EXAMPLES = r"""
- name: Put the release in place
  stackward.ops.rollout:
    step: release
    check: true
"""

RETURN = r"""
command:
  description: The command under which the deploy to this instance is recorded.
  returned: with O(step=release), O(step=check) and O(step=take_back)
  type: int
back:
  description: The instances that have to be taken back.
  returned: with O(step=judge)
  type: list
  elements: str
"""
