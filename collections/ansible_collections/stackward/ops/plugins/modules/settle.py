# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action settle; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: settle
short_description: Close what a run could not bring to an end
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Records every instance that the run still holds as failed, and lets go of it. Instances end here whose
    host could not be reached any more.
options:
  runs:
    description: The number of this run in each stack.
    type: dict
    required: true
  end:
    description: Whether the run is over.
    type: bool
    default: false
  rolled:
    description: The rollouts that this run has worked on, by stack. The task fails if one of them did not succeed.
    type: dict
    default: {}
  problems:
    description: What went wrong with resources in this run. The task fails if there is anything.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
"""

EXAMPLES = r"""
- name: Record what was cut short
  stackward.ops.settle:
    runs: "{{ stackward_round.runs }}"
    end: true
"""

RETURN = r"""
left:
  description: The state of each instance that was cut short.
  returned: always
  type: dict
"""
