# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings a release to a claimed instance, checks it, and takes it back where its batch has failed."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible_collections.stackward.ops.plugins.module_utils.applying.secrets import secrets_in
from ansible_collections.stackward.ops.plugins.plugin_utils import (
    applying,
    failure,
    session,
    unreachable,
    verdicts,
    workers,
)
from ansible_collections.stackward.ops.plugins.plugin_utils.carrying import Carrying

from stackward.engine import events, rollouts
from stackward.errors import StackwardError
from stackward.layers import rendering
from stackward.layers.resources import to_data
from stackward.lifecycle.states import Initiator

rendering.prepare(workers.kept("templates"))
applying.prepare()
workers.prepare()


class ActionModule(Carrying):
    """One step of a rollout."""

    TRANSFERS_FILES = False
    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Take the step. A host that cannot be reached fails like any other, so that its batch is taken back."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "step": {
                    "type": "str",
                    "required": True,
                    "choices": ["release", "check", "fail", "judge", "take_back", "taken_back"],
                },
                "check": {"type": "bool", "default": False},
                "failure": {"type": "str", "default": ""},
            }
        )
        ours = session.ours(task_vars)
        try:
            return {**result, **getattr(self, f"_{arguments['step']}")(ours, arguments, task_vars)}
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None

    def _release(self, ours, arguments, task_vars):
        begun = self._begun(ours)
        resources = (*begun.resources, *(begun.health if arguments["check"] else ()))
        return self._applied(ours, begun, resources, task_vars)

    def _check(self, ours, _arguments, task_vars):
        begun = self._begun(ours)
        return self._applied(ours, begun, begun.health, task_vars, hidden=self._hidden(begun))

    def _take_back(self, ours, _arguments, task_vars):
        begun = self._begun(ours)
        return self._applied(ours, begun, begun.health_before, task_vars, take_back=True, hidden=self._hidden(begun))

    @staticmethod
    def _fail(ours, _arguments, task_vars):
        said, _expired = failure.of_rescue(task_vars)
        rollouts.failed(ours, said)
        return {"changed": True}

    @staticmethod
    def _judge(_ours, _arguments, task_vars):
        return {"changed": True, "back": verdicts.conclude(task_vars["stackward_batch"]["instances"])}

    def _taken_back(self, ours, arguments, _task_vars):
        return {"changed": True, "msg": rollouts.taken_back(ours, arguments["failure"])}

    @staticmethod
    def _begun(ours):
        cause = events.Cause(Initiator(ours.round["initiated_by"]), ours.round["reason"])
        command = ours.round["commands"][0]["id"]
        return events.begin(ours, "deploy", cause, command=command, decrypt=session.decrypt)

    @staticmethod
    def _hidden(begun):
        """Return what a check alone must not tell: the app knows its secrets, the resources do not hold them."""
        return sorted(secrets_in(to_data(begun.resources)))

    def _applied(self, ours, begun, resources, task_vars, *, take_back=False, hidden=()):
        try:
            applied = applying.apply(
                self,
                to_data(resources),
                task_vars,
                absent=() if take_back else begun.absent,
                undo=begun.undo,
                take_back=take_back,
                hidden=list(hidden),
            )
        except Exception as error:
            if not unreachable.is_said(error):
                raise
            applied = {"failed": True, "msg": f"the host cannot be reached: {unreachable.why(error, ours, task_vars)}"}
        if applied.pop("unreachable", False):
            applied = {"failed": True, "msg": f"the host cannot be reached: {applied.get('msg', '')}"}
        return {**applied, "command": begun.command}
