# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action heal; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: heal
short_description: Look at instances and ask for remedies of failed ones
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Asks every instance that ought to be online for its SSH greeting and, where its layer has one, by its health
    check. Of a silent one it asks the provider and other instances too. What they say is kept in the stack's state.
  - An instance that has been silent for long enough, by two witnesses, is marked as C(connection_lost), and its next
    remedy is asked for (C(auto-healing)). The playbook C(stackward.ops.converge) carries it out.
  - What is withheld is said with the reason, here and in the journal.
options:
  stack:
    description: The stack that is meant, where the inventory has several; all unless given.
    type: str
  only_look:
    description: Whether only to look and to say how every instance is, and to ask for nothing.
    type: bool
    default: false
extends_documentation_fragment:
  - stackward.ops.controller
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    description: Whether it can run in check mode without changing anything. It looks and remembers what it saw.
"""

EXAMPLES = r"""
- name: Look and ask for remedies
  stackward.ops.heal:

- name: See how the instances of one stack are
  stackward.ops.heal:
    stack: shop
    only_look: true
"""

RETURN = r"""
health:
  description: By stack and instance, how it is (V(well), V(suspect), V(lost) …) and why.
  returned: always
  type: dict
stacks:
  description: By stack, the instances that healing has asked for and that no other run moves.
  returned: always
  type: dict
imagined:
  description: In check mode, what would be asked for.
  returned: always
  type: dict
"""
