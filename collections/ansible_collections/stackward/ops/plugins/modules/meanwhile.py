# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action meanwhile; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: meanwhile
short_description: Configure the online instances while another one is slow
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - After an instance has come or gone, waits a little for the other instances of the same run. If one is
    still moving then, starts a Configure of the online instances beside it, so that a slow Setup holds up
    nobody.
  - Only one instance of a run sees to it at a time.
options:
  patience:
    description: Seconds to wait for the others.
    type: float
    default: 20.0
  always:
    description: Whether to configure those that are due at once, without a look at others.
    type: bool
    default: false
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
"""

EXAMPLES = r"""
- name: Let the online instances know of it, if others of this run are slow
  stackward.ops.meanwhile:
"""

RETURN = r"""
configured:
  description: The instances that were due a Configure.
  returned: when some were
  type: list
  elements: raw
"""
