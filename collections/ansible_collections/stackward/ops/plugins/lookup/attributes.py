# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The attribute document of a host, built when somebody asks for it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: attributes
short_description: What an instance knows of its stack right now
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Returns the attribute document of the host that the task runs for, as it is on the host in
    C(/etc/stackward/attributes.json).
  - It holds the stack, the layers with their online instances and addresses, the apps, this instance, the event, and
    the custom attributes merged from stack, layers, instance and deployment. It never holds a secret.
  - The playbooks of this collection offer it to roles and recipes as the variable C(stackward).
options:
  _terms:
    description: Names of instances. Without any, the host that the task runs for.
    type: list
    elements: str
  event:
    description: The event for which the document is built.
    type: str
    default: configure
"""

EXAMPLES = r"""
- name: Show who else is online in the web layer
  ansible.builtin.debug:
    msg: "{{ lookup('stackward.ops.attributes').layers.web.instances.keys() | list }}"
"""

RETURN = r"""
_raw:
  description: One attribute document for each instance asked for.
  type: list
  elements: dict
"""

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.attributes import DeployedApp, document
from stackward.engine.peers import peers
from stackward.resources.overview import database_places
from stackward.rollout.due import as_set_up


class LookupModule(LookupBase):
    """Build attribute documents."""

    def run(self, terms, variables=None, **kwargs):
        """Return one document for each instance."""
        self.set_options(var_options=variables, direct=kwargs)
        names = terms or [variables["inventory_hostname"]]
        stacks = session.stacks_in(variables)
        states = {name: session.store_of(stack).snapshot(name) for name, stack in stacks.items()}
        at_work = {name: as_set_up(stack, states[name]) for name, stack in stacks.items()}
        return [self._document(at_work, states, name, variables) for name in names]

    def _document(self, stacks, states, name, variables):
        for stack in stacks.values():
            if name in stack.instances:
                state = states[stack.name]
                begun = variables.get("stackward_begun") or {}
                command = next((item for item in state.commands if item.id == begun.get("command")), None)
                return document(
                    stack,
                    peers(stack, state),
                    stack.instances[name],
                    begun.get("event") or self.get_option("event"),
                    deploy=tuple(DeployedApp(*item[:3]) for item in begun.get("releases", [])),
                    custom=command.arguments.get("attributes") if command else None,
                    databases=self._databases(stack),
                )
        raise AnsibleLookupError(f"No stack of this inventory has an instance {name!r}.")

    def _databases(self, stack):
        if not stack.databases:
            return {}
        return database_places(stack, session.store_of(stack).resources(stack.name))
