# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moves a claimed instance to its next state, or records why it could not get there."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import failure, session

from stackward.engine import outcomes
from stackward.errors import StackwardError
from stackward.lifecycle.states import State


class ActionModule(ActionBase):
    """Advance an instance."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Write the state; a failure also fails the task, so that the host stands out in the recap."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "to": {
                    "type": "str",
                    "required": True,
                    "choices": ["online", "registered", "shutting_down", "failed", "event_failed", "left", "done"],
                },
            }
        )
        ours = session.ours(task_vars)
        if self._task.check_mode:
            return {**result, **self._imagined(arguments["to"], ours, task_vars)}
        try:
            return {**result, **self._advance(arguments["to"], ours, task_vars)}
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None

    @staticmethod
    def _imagined(to, ours, task_vars):
        """Write nothing; what would fail is not to pass for what would succeed."""
        if to != "failed":
            return {"skipped": True}
        said, _expired = failure.of_rescue(task_vars)
        return {"failed": True, "msg": f"{ours.name}: {said}"}

    def _advance(self, to, ours, task_vars):
        if to == "online":
            outcomes.online(ours)
        elif to == "registered":
            outcomes.registered(ours)
        elif to == "left":
            outcomes.left(ours)
        elif to == "done":
            outcomes.let_go(ours)
        elif to == "shutting_down":
            outcomes.shutting_down(ours)
        else:
            said, expired = failure.of_rescue(task_vars)
            if to == "event_failed":
                outcomes.event_failed(ours, said, expired=expired)
            else:
                left = outcomes.failed(ours, said, expired=expired)
                hint = "" if left is State.ONLINE else f" It is {left.value} now; ask again once the cause is mended."
                return {"failed": True, "msg": f"{ours.name}: {said}{hint}"}
        return {"changed": True}
