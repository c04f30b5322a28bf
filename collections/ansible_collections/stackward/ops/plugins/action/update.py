# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs updates on one batch of instances after another, each as an ordinary run of its own."""

from __future__ import annotations

import json
import os
import subprocess

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import beside, given, session, targeting

from stackward.definition.deploy_values import batch, typed_batch
from stackward.definition.mistake import Mistake
from stackward.errors import StackwardError
from stackward.lifecycle.states import State
from stackward.rollout.batches import size

RECIPE = {"role": "stackward.ops.system_updates"}
_LINES = 30


class ActionModule(ActionBase):
    """Updates, batch after batch."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Update all online instances that are meant. The first batch that fails is the last one."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "stack": {"type": "str"},
                "instance": {"type": "list", "elements": "str"},
                "layer": {"type": "list", "elements": "str"},
                "batch": {"type": "str", "default": "1"},
                "reason": {"type": "str"},
            }
        )
        arguments = targeting.listed(arguments)
        given.check(self._loader, arguments, task_vars)
        if option := beside.typed():
            raise AnsibleActionFail(
                f"Each batch is updated by a run of its own, which cannot be handed what was typed for {option}. "
                "Put the password into a file, and name that: --vault-password-file FILE. Nothing was updated."
            )
        try:
            batches = self._batches(arguments, task_vars)
        except Mistake as mistake:
            raise AnsibleActionFail(f"batch: {mistake.wrong}; {mistake.right}.") from None
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        for place, (stack, names) in enumerate(batches):
            doing = "to update" if self._task.check_mode else "updating"
            self._display.display(f"{stack}: {doing} {', '.join(names)} ({place + 1} of {len(batches)})")
            done = subprocess.run(
                self._command(stack, names, arguments["reason"]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                env=dict(os.environ),
            )
            if done.returncode != 0:
                left = [name for _stack, later in batches[place + 1 :] for name in later]
                said = "\n".join(_telling(done.stdout.splitlines()))
                kept = f" {', '.join(left)} are left as they are." if left else ""
                raise AnsibleActionFail(f"The update of {', '.join(names)} failed.{kept} Its run said:\n{said}")
        updated = [name for _stack, names in batches for name in names]
        return {**result, "changed": bool(updated), "updated": updated}

    def _batches(self, arguments, task_vars):
        step = batch(typed_batch(arguments["batch"]))
        stacks = session.stacks_in(task_vars)
        found = []
        for stack in targeting.chosen(arguments, stacks):
            known = session.store_of(stack).snapshot(stack.name).instances
            names = targeting.names(arguments, stack)
            online = [name for name in names if name in known and known[name].state is State.ONLINE]
            if left := [name for name in names if name not in online]:
                self._display.display(f"{stack.name}: no update of {', '.join(left)}: not online")
            count = size(step, len(online))
            found += [(stack.name, online[start : start + count]) for start in range(0, len(online), count)]
        return found

    def _command(self, stack, names, reason):
        variables = {"stack": stack, "instance": names, "recipes": [RECIPE], "stackward_kind": "update"}
        variables |= {"reason": reason} if reason else {}
        command = [*beside.command("stackward.ops.run_recipes"), "-e", json.dumps(variables)]
        return [*command, "--check"] if self._task.check_mode else command


def _telling(lines):
    """Return the lines that say what failed, or else the last ones."""
    return [line for line in lines if line.startswith(("fatal:", "[ERROR]", "ERROR"))] or lines[-_LINES:]
