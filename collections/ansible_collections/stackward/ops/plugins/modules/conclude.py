# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action conclude; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: conclude
short_description: Record that a lifecycle event has succeeded
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Records the success of an event that M(stackward.ops.event) began, once its recipes have run.
options:
  begun:
    description: What M(stackward.ops.event) returned.
    type: dict
    required: true
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
"""

EXAMPLES = r"""
- name: Conclude Setup
  stackward.ops.conclude:
    begun: "{{ stackward_begun }}"
"""

RETURN = r"""
{}
"""
