# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action event; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: event
short_description: Run the built-in part of a lifecycle event
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Begins a lifecycle event on the claimed instance that the task runs for, says what all of its layers want,
    and has M(stackward.ops.ensure) apply it on the host in one call.
  - Code of an app is sent only where the host does not have that release yet.
options:
  event:
    description: The event.
    type: str
    required: true
  command:
    description: The command to carry out, where somebody asked for the event.
    type: int
  apply:
    description: Whether to apply the built-in part, or only to begin.
    type: bool
    default: true
  conclude:
    description: Whether to record success at once. False where recipes follow.
    type: bool
    default: true
  limit:
    description: Seconds that the whole event may take, its recipes included.
    type: float
    default: 1800.0
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
"""

EXAMPLES = r"""
- name: Configure
  stackward.ops.event:
    event: configure
"""

RETURN = r"""
command:
  description: The command under which the event is recorded.
  returned: always
  type: int
event:
  description: The event.
  returned: success
  type: str
generation:
  description: The generation of the stack that the event saw.
  returned: success
  type: int
releases:
  description: App, release, revision, digest of the settings, and port of each app that the event was about.
  returned: success
  type: list
  elements: raw
deadline:
  description: When the event must be over, in seconds since 1970.
  returned: success
  type: float
results:
  description: What the built-in part changed.
  returned: success
  type: list
  elements: raw
"""
