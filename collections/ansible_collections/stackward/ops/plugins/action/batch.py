# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Renders the calls of a batch, sends them to the host in one payload, and gives the result of each."""

from __future__ import annotations

import json

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.json import Direction, get_module_decoder
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import (
    batch_calls,
    batch_results,
    batch_shipping,
    payloads,
    target_log,
)

payloads.lay_out("batch")

_DECODER = get_module_decoder("legacy", Direction.MODULE_TO_CONTROLLER)


class ActionModule(ActionBase):
    """One batch."""

    # A temporary folder on the host would cost a round trip; contents travel with the calls.
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Run the calls on the host."""
        result = super().run(tmp, task_vars)
        try:
            calls = batch_calls.read(self._task.args)
            wanted = [call for call in calls if call.when]
            sent = [self._prepared(call, len(calls), task_vars) for call in wanted]
        except batch_calls.WrongCallError as error:
            raise AnsibleActionFail(str(error)) from None
        answers = self._answers(sent, task_vars) if sent else {"calls": []}
        if "calls" not in answers:
            return {**result, **answers}
        ended = batch_results.ended(
            calls, answers["calls"], lambda text: json.loads(text, cls=_DECODER), self._display.verbosity
        )
        if ended.notified:
            # Of the task as this worker knows it; what the task itself notifies stays.
            self._task.notify = list(dict.fromkeys([*(self._task.notify or []), *ended.notified]))
        return {**result, **ended.result}

    def _prepared(self, call, count, task_vars):
        try:
            return batch_shipping.prepared(self, call, task_vars)
        except AnsibleError as error:
            said = {"failed": True, "msg": str(error), "module": batch_calls.BUILTIN + call.module}
            raise AnsibleActionFail(batch_results.message(count, call, said)) from None if call.no_log else error

    def _answers(self, sent, task_vars):
        names = {name for call in sent for name, _arguments, _program in call["alternatives"]}
        answers = self._execute_module(
            module_name="stackward.ops.batch",
            module_args={"calls": sent, "modules": batch_shipping.sources(names)},
            task_vars=target_log.unlogged(task_vars),
        )
        payloads.keep("batch")
        return answers
