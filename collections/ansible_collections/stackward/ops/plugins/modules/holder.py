#!/usr/bin/python
# -*- coding: utf-8 -*-
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: holder
short_description: Say on a machine which stack manages it, and refuse one that another stack manages
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - A machine belongs to one stack at a time, as each takes away what it does not know of what Stackward has made there.
  - The stack that holds it is known by its SSH key, as two controllers may each have a stack of the same name.
  - A machine that has a stack's attribute document and no record of its holder is held by the stack of that name.
options:
  stack:
    description: Name of the stack.
    type: str
    required: true
  instance:
    description: Name of the instance that the machine is in the stack.
    type: str
    required: true
  identity:
    description: The public SSH key of the stack.
    type: str
    required: true
  state:
    description:
      - V(free) only makes sure that no other stack holds the machine.
      - V(held) also records that this one does.
    type: str
    choices: [free, held]
    required: true
  take_over:
    description: Take the machine from a stack that holds it.
    type: bool
    default: false
  folder:
    description: Where the record is.
    type: path
    default: /var/lib/stackward
  document:
    description: The attribute document.
    type: path
    default: /etc/stackward/attributes.json
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
    support: full
seealso:
  - module: stackward.ops.farewell
"""

EXAMPLES = r"""
- name: Hold the machine
  stackward.ops.holder:
    stack: shop
    instance: rack1
    identity: "{{ lookup('file', 'var/shop/ssh/id_ed25519.pub') }}"
    state: held
"""

RETURN = r"""
before:
  description: The stack and the instance that held the machine. Empty where none did.
  returned: always
  type: dict
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stackward.ops.plugins.module_utils.applying import durable
from ansible_collections.stackward.ops.plugins.module_utils.applying.outcome import Failed

_ADVICE = "remove it if no other stack manages this machine."


def holder_in(folder, document):
    """Return what is known of the holder: stack, instance, and identity where there is a record; {} of nobody.

    Raises Failed for a record that is damaged.
    """
    known = durable.read(os.path.join(folder, "holder.json"), {}, _ADVICE)
    if known:
        return known
    attributes = durable.read(document, {}, _ADVICE)
    if not attributes:
        return {}
    return {"stack": attributes["stack"]["name"], "instance": attributes["instance"]["name"]}


def another(known, mine):
    """Whether the holder is another stack than mine. Without its identity the name decides."""
    if not known:
        return False
    key = "identity" if "identity" in known else "stack"
    return known[key] != mine[key]


def refusal(known, mine):
    """Say whose the machine is, and what one can do."""
    same = " that has another key than this stack of the same name" if known["stack"] == mine["stack"] else ""
    return (
        f"This machine is {known['instance']} of the stack {known['stack']}{same}, and a Setup of one stack takes "
        f"away what another has made. Let it go there first: stackward deregister --instance {known['instance']}. "
        f"Where that stack is no more, take the machine over: "
        f"stackward register --instance {mine['instance']} --take-over."
    )


def identified(text):
    """Return what of a public key tells it from others: without its comment."""
    return " ".join(text.split()[:2])


def main():
    module = AnsibleModule(
        argument_spec={
            "stack": {"type": "str", "required": True},
            "instance": {"type": "str", "required": True},
            "identity": {"type": "str", "required": True},
            "state": {"type": "str", "required": True, "choices": ["free", "held"]},
            "take_over": {"type": "bool", "default": False},
            "folder": {"type": "path", "default": "/var/lib/stackward"},
            "document": {"type": "path", "default": "/etc/stackward/attributes.json"},
        },
        supports_check_mode=True,
    )
    given = module.params
    mine = {**{key: given[key] for key in ("stack", "instance")}, "identity": identified(given["identity"])}
    try:
        known = holder_in(given["folder"], given["document"])
    except (Failed, OSError) as error:
        module.fail_json(msg=str(error))
    if another(known, mine) and not given["take_over"]:
        module.fail_json(msg=refusal(known, mine))
    changed = given["state"] == "held" and known != mine
    if changed and not module.check_mode:
        os.makedirs(given["folder"], mode=0o700, exist_ok=True)
        durable.write(os.path.join(given["folder"], "holder.json"), mine)
    before = {key: value for key, value in known.items() if key != "identity"}
    module.exit_json(changed=changed, before=before)


if __name__ == "__main__":
    main()
