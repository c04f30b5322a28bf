# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action membership; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: membership
short_description: Put a claimed instance behind the load balancers of its provider, or take it out
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Registers the instance that the task runs for with the load balancers that its layers name, or deregisters it and
    waits until its connections have ended.
options:
  state:
    description: Whether the instance gets requests.
    type: str
    required: true
    choices: [joined, left]
  timeout:
    description:
      - How many seconds to wait until connections have ended, or until the load balancers find the instance well.
      - Without it nobody waits.
    type: float
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
"""

EXAMPLES = r"""
- name: Take the instance out
  stackward.ops.membership:
    state: left
    timeout: 30
"""

RETURN = r"""# """
