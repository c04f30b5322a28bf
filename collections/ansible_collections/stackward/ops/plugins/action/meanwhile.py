# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells the online instances of a change while another instance of the same run still takes its time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from pathlib import Path

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stackward.ops.plugins.plugin_utils import beside, session

from stackward.errors import StackwardError
from stackward.lifecycle.states import State

POLL_SECONDS = 0.25


class ActionModule(ActionBase):
    """Start a Configure beside a slow move."""

    TRANSFERS_FILES = False
    _supports_check_mode = False

    def run(self, tmp=None, task_vars=None):
        """Wait a little for the others of this run; if one is slow, configure those that are online."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            argument_spec={
                "patience": {"type": "float", "default": 20.0},
                "always": {"type": "bool", "default": False},
            }
        )
        ours = session.ours(task_vars)
        lock_path = Path(ours.stack.data) / f"meanwhile-{ours.hold.run}.lock"
        try:
            with lock_path.open("a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return {**result, "changed": False, "msg": "another instance of this run sees to it"}
                if arguments["always"]:
                    return {**result, **self._configure(ours, "before the next batch")}
                return {**result, **self._see_to_it(ours, arguments["patience"])}
        except StackwardError as error:
            raise AnsibleActionFail(str(error)) from None
        finally:
            lock_path.unlink(missing_ok=True)

    def _see_to_it(self, ours, patience):
        deadline = time.monotonic() + patience
        while self._others_move(ours):
            if time.monotonic() >= deadline:
                return self._configure(ours, "meanwhile, as others are slow")
            time.sleep(POLL_SECONDS)
        return {"changed": False, "msg": "nobody is slow"}

    @staticmethod
    def _others_move(ours):
        claims = ours.store.snapshot(ours.stack.name).claims.values()
        return any(claim.run == ours.hold.run and claim.instance != ours.name for claim in claims)

    @staticmethod
    def _due(ours):
        state = ours.store.snapshot(ours.stack.name)
        return [
            record.name
            for record in state.instances.values()
            if record.state is State.ONLINE and record.configured < state.generation and record.name not in state.claims
        ]

    def _configure(self, ours, when):
        due = self._due(ours)
        if not due:
            return {"changed": False, "msg": "everybody online knows"}
        if option := beside.typed():
            return {"changed": False, "msg": f"told at the end: what was typed for {option} cannot be handed on"}
        self._display.display(f"{ours.stack.name}: configuring {', '.join(due)} {when}")
        command = beside.command("stackward.ops.tell")
        for variable in context.CLIARGS.get("extra_vars") or ():
            command += ["-e", variable]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=dict(os.environ)
        )
        if done.returncode != 0:
            self._display.warning(
                f"{ours.stack.name}: the Configure of {', '.join(due)} failed; the one at the end of this run "
                f"repeats it.\n{done.stdout[-2000:]}{done.stderr[-1000:]}"
            )
        # Without the exit code: Ansible takes one for a failure of the instance itself.
        return {"changed": done.returncode == 0, "configured": due}
