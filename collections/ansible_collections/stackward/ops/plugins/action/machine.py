# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts, stops, restarts or removes the machine of a claimed instance."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import own_connection, session, workers

from stackward import provider_choice, providers
from stackward.engine import arrays, attempts, connecting, machine_volumes, machines, opening
from stackward.errors import StackwardError
from stackward.resources import volumes

# Ansible imports this file before it forks a worker for each host, and each would import the provider for itself.
session.prepare_providers()
workers.prepare()


class ActionModule(ActionBase):
    """Move one machine."""

    TRANSFERS_FILES = False
    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Carry out one change of the machine and record it."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "state": {
                    "type": "str",
                    "required": True,
                    "choices": ["registered", "running", "attached", "stopped", "terminated", "rebooted"],
                }
            }
        )
        ours = session.ours(task_vars)
        try:
            if arguments["state"] == "attached":
                disks, made_of = self._disks(ours)
                return {**result, "changed": False, "disks": disks, "arrays": made_of}
            machine = self._move(arguments["state"], ours)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        if machine:
            result["connection"] = connecting.to_machine(
                provider_choice.choice(ours.stack, ours.name, machine), machine
            )
        return {**result, "changed": True}

    def _disks(self, ours):
        """Return the disks that the host has to mount itself, and the arrays that it has to make of others before."""
        record = ours.record
        provider = providers.load(provider_choice.choice(ours.stack, ours.name, record.machine), stack=ours.stack)
        reach = session.reach(ours.stack)
        machine, found = machine_volumes.disks(ours, provider, reach)
        return arrays.mounted(found, attempts.arrays(machine), volumes.later(machine)) if machine else ([], [])

    def _move(self, state, ours):
        record = ours.record
        provider = providers.load(provider_choice.choice(ours.stack, ours.name, record.machine), stack=ours.stack)
        reach = own_connection.reach(self, ours.stack)
        if state == "registered":
            return machines.register(ours, provider, reach)
        if state == "running":
            opening.check(ours.stack, [ours.name], session.decrypt)
            return machines.boot(ours, provider, reach)
        if state == "rebooted":
            machines.reboot(ours, provider, reach)
            return ours.record.machine
        if state == "stopped":
            machines.stop(ours, provider)
            return None
        machines.terminate(ours, provider, reach)
        return None
