# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action advance; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: advance
short_description: Move a claimed instance to its next state
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Writes the next state of the claimed instance that the task runs for, or why it could not get there.
  - Refused if another run has claimed the instance since.
  - In check mode writes nothing, but fails with V(failed) too.
options:
  to:
    description: >-
      The next state, V(failed) for the failed state that fits where it is, V(event_failed) where only the
      running event failed and the move goes on, V(left) where it has left layers that the file no longer gives it,
      or V(done) to let go of it as it is. What went wrong is taken from the block that is being rescued, so
      V(failed) and V(event_failed) belong into its C(rescue).
    type: str
    required: true
    choices: [online, registered, shutting_down, failed, event_failed, left, done]
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
"""

EXAMPLES = r"""
- name: Go online
  stackward.ops.advance:
    to: online
"""

RETURN = r"""
{}
"""
