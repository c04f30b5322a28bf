# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action farewell; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: farewell
short_description: Take away what Stackward itself has put on a host
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Removes the agent, the accounts of people that Stackward has made (their homes are kept where only root looks),
    their rights in sudo, cron jobs, the rotation of logs, limits, kernel parameters, the names of peers and the
    attribute document. Units of which a layer said whether they run become again what they were.
  - What layers and recipes have installed stays, and so do apps and the data of layers.
  - This is an action that needs the Python package C(stackward) on the controller.
options: {}
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: posix
    support: full
"""

EXAMPLES = r"""
- name: Leave the machine as it was
  stackward.ops.farewell:
"""

RETURN = r"""
results:
  description: What each resource changed.
  returned: always
  type: list
  elements: dict
"""
