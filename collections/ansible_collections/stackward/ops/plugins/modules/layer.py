# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action layer; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: layer
short_description: Make a host what one built-in layer wants of it
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Compiles the built-in part of one event of one built-in layer for an instance of a stack, and has
    M(stackward.ops.ensure) apply it.
  - The layer need not be one of the instance's own; the roles of this collection offer built-in layers to
    layers of the user's own by it.
options:
  layer:
    description: The built-in layer.
    type: str
    required: true
    choices:
      - haproxy
      - java_app
      - memcached
      - monitoring
      - mysql
      - node_app
      - php_app
      - postgresql
      - python_app
      - redis
      - static_web
  event:
    description: The event.
    type: str
    choices: [setup, configure, deploy, undeploy, shutdown]
    default: setup
  settings:
    description: The layer's settings, as in a stack file.
    type: dict
    default: {}
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
"""

EXAMPLES = r"""
- name: Put HAProxy on this instance too
  stackward.ops.layer:
    layer: haproxy
    event: setup
"""

RETURN = r"""
results:
  description: What was changed.
  returned: always
  type: list
  elements: raw
"""
