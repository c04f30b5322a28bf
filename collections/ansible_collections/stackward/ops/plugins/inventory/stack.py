# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stack file as an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stack
short_description: A Stackward stack file as inventory
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Reads a stack file (C(NAME.stack.yml)) and, where the stack has run before, what is known of its instances.
  - Every instance of the file is a host, whatever its state.
  - Hosts are grouped by stack (the stack's name), by layer (C(layer_NAME)), by state (C(state_NAME)), by instance type
    (C(type_24_7)) and by app (C(app_NAME)).
  - The description of the whole stack is not copied to hosts; use the P(stackward.ops.attributes#lookup) lookup.
  - A broken file adds no host, and every playbook of this collection then stops with all of the file's mistakes.
options:
  plugin:
    description: Marks the file as a stack file.
    type: str
    required: true
    choices: [stackward.ops.stack]
extends_documentation_fragment:
  - constructed
notes:
  - All other keys of a stack file are described by the JSON schema that Stackward publishes,
    and checked by C(stackward validate FILE).
"""

EXAMPLES = r"""
plugin: stackward.ops.stack
name: shop
provider: {type: container, image: debian-12}
layers:
  lb: {uses: haproxy, healthcheck: /healthz}
  web: {uses: python_app}
  db: {uses: postgresql}
instances:
  lb1: {layers: [lb]}
  "web[1:2]": {layers: [web]}
  db1: {layers: [db]}
apps:
  storefront:
    layers: [web]
    source: {type: directory, path: ../apps/storefront}
    database: db
"""

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.host import Host
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.template import trust_as_template
from ansible.utils.path import basedir
from ansible_collections.stackward.ops.plugins.plugin_utils import session, workers

from stackward import provider_choice, ssh
from stackward.definition.names import group, namesake
from stackward.engine import connecting
from stackward.errors import DefinitionError, StackwardError
from stackward.lifecycle.states import State

JOURNAL = "stackward.ops.journal"
EXTRAS = ("compose", "groups", "keyed_groups")


def plain(value):
    """Trust strings without template marks, so that C(ansible-inventory --list) prints them plainly."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, str) or ("{" in value and any(mark in value for mark in ("{{", "{%", "{#"))):
        return value
    return trust_as_template(value)


class InventoryModule(BaseInventoryPlugin, Constructable):
    """The stack file as inventory."""

    NAME = "stackward.ops.stack"

    def verify_file(self, path):
        """Accept files that are named for this plugin."""
        return super().verify_file(path) and path.endswith(("stack.yml", "stack.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        """Fill the inventory from the file and the stack's state."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        with workers.without_collecting():
            self._fill(path)
        if JOURNAL not in constants.CALLBACKS_ENABLED:
            # Claims are renewed by the callback, so a run without it could lose them half-way.
            constants.CALLBACKS_ENABLED.append(JOURNAL)

    def _fill(self, path):
        try:
            stack = session.read_stack(path)
            self._refuse_known_names(stack)
            state = session.store_of(stack).snapshot(stack.name)
        except StackwardError as error:
            self._remember_broken(error)
            # Ansible would write the sentence again for what it came from.
            raise AnsibleParserError(str(error)) from None
        self._add_stack(stack)
        self._add_instances(stack, state, {"inventory_file": path, "inventory_dir": basedir(path)})
        if any(self.get_option(extra) for extra in EXTRAS):
            self._add_extras(stack)

    def _refuse_known_names(self, stack):
        listed = self.inventory.groups["all"].vars.get("stackward_stacks", {})
        if stack.name in listed:
            raise StackwardError(namesake(stack, listed[stack.name]["file"]))
        known = [name for name in stack.instances if name in self.inventory.hosts]
        if known:
            raise StackwardError(
                f"{stack.path}: instances: {', '.join(known)}: another source of this inventory has hosts of "
                "that name; instances of all stacks in one inventory need different names."
            )

    def _remember_broken(self, error):
        problems = list(error.problems) if isinstance(error, DefinitionError) else [str(error)]
        known = self.inventory.groups["all"].vars.get("stackward_broken", [])
        self.inventory.set_variable("all", "stackward_broken", known + problems)

    def _add_stack(self, stack):
        listed = dict(self.inventory.groups["all"].vars.get("stackward_stacks", {}))
        listed[plain(stack.name)] = {"file": plain(stack.path), "digest": plain(stack.digest)}
        self.inventory.set_variable("all", "stackward_stacks", listed)
        everyone = self.inventory.add_group(group(stack.name))
        known_hosts = ssh.known_hosts(stack.data)
        variables = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(ssh.private_key(stack.data)),
            "ansible_ssh_common_args": (
                f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes "
                "-o IdentitiesOnly=yes -o ServerAliveInterval=5 -o ServerAliveCountMax=6"
            ),
            "ansible_python_interpreter": "/usr/bin/python3",
            "stackward_stack": stack.name,
        }
        for name, value in variables.items():
            self.inventory.set_variable(everyone, name, plain(value))
        self.inventory.set_variable(everyone, "ansible_pipelining", True)

    def _add_instances(self, stack, state, source):
        """Add every instance as a host. InventoryData.add_host would look for the file's folder once a host."""
        add_group, groups, hosts = self.inventory.add_group, self.inventory.groups, self.inventory.hosts
        everyone = groups[group(stack.name)]
        layers = {name: groups[add_group("layer_" + group(name))] for name in stack.layers}
        apps = {name: groups[add_group("app_" + group(name))] for name in stack.apps}
        states = {item: groups[add_group(f"state_{item.value}")] for item in State}
        types = {}
        for name, instance in stack.instances.items():
            record = state.instances.get(name)
            host = hosts[name] = Host(name)
            host.vars.update(source)
            everyone.add_host(host)
            for layer in instance.layers:
                layers[layer].add_host(host)
            for app in stack.apps_of(instance):
                apps[app.name].add_host(host)
            states[record.state if record else State.STOPPED].add_host(host)
            if instance.type not in types:
                types[instance.type] = groups[add_group("type_" + instance.type.value.replace("/", "_"))]
            types[instance.type].add_host(host)
            machine = record.machine if record else None
            its = provider_choice.choice(stack, name, machine)
            for key, value in connecting.variables(its, machine).items():
                host.vars[key] = plain(value) if isinstance(value, str) else value

    def _add_extras(self, stack):
        strict = self.get_option("strict")
        composed = self.get_option("compose") or {}
        for name in stack.instances:
            variables = self.inventory.get_host(name).get_vars()
            self._set_composite_vars(composed, variables, name, strict=strict)
            made = self.inventory.get_host(name).vars
            for key in composed.keys() & made.keys():
                self.inventory.set_variable(name, key, plain(made[key]))
            self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)
