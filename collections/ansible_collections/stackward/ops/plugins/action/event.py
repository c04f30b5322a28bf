# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the built-in part of a lifecycle event on a claimed instance, in one module call if no code must be sent."""

from __future__ import annotations

import time

from ansible.errors import AnsibleActionFail
from ansible_collections.stackward.ops.plugins.plugin_utils import applying, concluding, session, unreachable, workers
from ansible_collections.stackward.ops.plugins.plugin_utils.carrying import Carrying

from stackward.engine import events
from stackward.errors import StackwardError
from stackward.layers import rendering
from stackward.layers.resources import to_data
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator
from stackward.planner import warm_start

# Ansible imports this file before it forks a worker for each host.
rendering.prepare(workers.kept("templates"))
applying.prepare()
workers.prepare()


class ActionModule(Carrying):
    """One lifecycle event's built-in part."""

    # A temporary folder on the host would cost a round trip each time; it is made only when code must be sent.
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Begin the event, apply its built-in part, and conclude it where no recipe follows."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "event": {"type": "str", "required": True},
                "command": {"type": "int"},
                "apply": {"type": "bool", "default": True},
                "conclude": {"type": "bool", "default": True},
                "limit": {"type": "float", "default": 1800.0},
            }
        )
        if task_vars["inventory_hostname"] == "localhost":
            return {**result, "skipped": True, "skip_reason": "The controller is no instance."}
        started = time.time()
        ours = session.ours(task_vars)
        try:
            begun = self._look(ours, arguments) if self._task.check_mode else self._begin(ours, arguments)
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        applied = {"changed": False}
        untold = begun.idle and arguments["conclude"]
        if arguments["apply"] and begun.resources and not untold and not ours.round["windows"]:
            applied = self._applied(ours, begun, task_vars)
        if applied.get("failed") or applied.get("unreachable"):
            return {**result, **applied, "command": begun.command}
        if arguments["conclude"] and not self._task.check_mode:
            concluding.conclude(ours, begun)
        return {
            **result,
            **concluding.carried(begun),
            "changed": applied.get("changed", False),
            "results": applied.get("results", []),
            "diff": applied.get("diff", []),
            "warnings": applied.get("warnings", []),
            "deadline": started + arguments["limit"],
        }

    def _applied(self, ours, begun, task_vars):
        try:
            return applying.apply(self, to_data(begun.resources), task_vars, absent=begun.absent)
        except Exception as error:
            if not unreachable.is_said(error):
                raise
            # Told with the command, so that its log says what happened to the host.
            return {"unreachable": True, "msg": unreachable.why(error, ours, task_vars)}

    @staticmethod
    def _look(ours, arguments):
        """Compile as for the real thing, without a command and without a write."""
        details = next(
            (item["arguments"] for item in ours.round["commands"] if item["event"] == arguments["event"]), {}
        )
        return events.look(
            ours.store, ours.stack, ours.name, arguments["event"], details, decrypt=session.decrypt, now=session.now
        )

    def _begin(self, ours, arguments):
        event = arguments["event"]
        spared = warm_start.told(tuple(ours.round["spared"])) if event == Event.SETUP.value else ""
        return events.begin(
            ours,
            event,
            events.Cause(Initiator(ours.round["initiated_by"]), ours.round["reason"], spared),
            command=arguments["command"] or self._asked(ours, event),
            decrypt=session.decrypt,
            leaves=ours.round.get("leaves", ()),
        )

    @staticmethod
    def _asked(ours, event):
        return next((item["id"] for item in ours.round["commands"] if item["event"] == event), None)
