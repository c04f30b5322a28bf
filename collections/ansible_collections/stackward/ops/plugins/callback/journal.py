# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeps the log of every command, and the claims of the run alive."""

from __future__ import annotations

DOCUMENTATION = r"""
name: journal
type: notification
short_description: Log of every lifecycle command, and renewal of the run's claims
version_added: 0.1.0
author:
  - Stackward maintainers (@stackward)
description:
  - Writes the outcome of every task that runs under a lifecycle command to the state store, in batches and in the
    background. Where the store cannot be written for a while, the lines are kept and written later.
  - Renews the claims of the run while it lasts. A run that dies stops renewing, and the next run takes over.
  - The P(stackward.ops.stack#inventory) inventory enables it by itself.
options:
  interval:
    description: Seconds between two renewals of the claims.
    type: float
    default: 10
    ini:
      - section: callback_stackward_ops_journal
        key: interval
    env:
      - name: STACKWARD_JOURNAL_INTERVAL
"""

import atexit
import queue
import threading
import time
from datetime import timedelta

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.stackward.ops.plugins.plugin_utils import failure, session

from stackward.errors import StackwardError
from stackward.state.records import CLAIM_SECONDS, LogLine

DECIDING = tuple(f"stackward.ops.{action}" for action in ("request", "claim", "scale", "heal", "update"))
BATCH_SECONDS = 0.5
PROGRESS_SECONDS = 1.0
LAST_ATTEMPTS = 3
"""How often the last lines are tried, a second apart, before a run ends without them."""
TEXT_LIMIT = 4000


class CallbackModule(CallbackBase):
    """Observe a run; never decide anything."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "stackward.ops.journal"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self._decides = False
        self._runs = {}
        self._commands = {}
        self._started = {}
        self._doing = {}
        self._lines = queue.SimpleQueue()
        self._unwritten = {}
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = None

    def v2_runner_on_start(self, host, task):
        """Remember when a task began on a host, and say so in the claim."""
        self._started[(host.get_name(), task._uuid)] = time.monotonic()
        self._doing[host.get_name()] = task.get_name()

    def v2_runner_on_ok(self, result):
        """Log a success; learn of runs and commands from the engine's own actions."""
        self._learn(result)
        self._log(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """Log a failure."""
        self._learn(result)
        self._log(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result):
        """Log a host that does not answer."""
        self._learn(result)
        self._log(result, "unreachable")

    def v2_playbook_on_start(self, playbook):
        """Remember whether the engine is meant to decide something in this run."""
        blocks = [block for play in playbook.get_plays() for block in play.tasks]
        self._decides = any(getattr(task, "action", "") in DECIDING for block in blocks for task in block.block)

    def v2_playbook_on_stats(self, stats):
        """Write what is left before the process ends, and fail a run whose limit kept the engine from deciding."""
        self._close()
        if self._decides and not stats.processed and (left_out := self._left_out()):
            self._display.error(
                f"Nothing was done: {left_out}. Name instances or layers instead: -e instance=… or -e layer=…."
            )
            # Ansible calls a run of plays without hosts or tasks a success, and asks no callback.
            raise SystemExit(1)

    @staticmethod
    def _left_out():
        """Which option left out what decides, and what that is; nothing where no option did."""
        given = context.CLIARGS
        if limit := given.get("subset"):
            return f"--limit {limit} leaves out localhost, where the playbooks of stackward.ops decide"
        options = {
            "--tags": [tag for tag in given.get("tags") or () if tag != "all"],
            "--skip-tags": given.get("skip_tags") or (),
            "--start-at-task": filter(None, [given.get("start_at_task")]),
        }
        named = [f"{option} {value}" for option, values in options.items() for value in values]
        if not named:
            return ""
        return f"{', '.join(named)} leaves out all tasks by which the playbooks of stackward.ops decide"

    def _close(self):
        """Write what is left; a run that Ctrl-C ends comes here as well, when its process ends."""
        if self._thread is None:
            return
        self._stop.set()
        self._wake.set()
        self._thread.join()
        self._thread = None
        for stack, lines in self._unwritten.items():
            self._display.warning(f"{len(lines)} lines of the logs of {stack} are lost; nothing else of the run is.")

    def _learn(self, result):
        action = result.task.resolved_action or result.task.action
        if action == "stackward.ops.claim" and result.result.get("runs"):
            for name, entry in result.result.get("instances", {}).items():
                self._runs[entry["stack"]] = (entry["file"], entry["digest"], entry["run"])
                if entry.get("action") == "deploy":
                    self._commands[name] = (entry["stack"], entry["commands"][0]["id"])
            if self._runs and self._thread is None:
                self._thread = threading.Thread(target=self._write, name="stackward journal", daemon=True)
                self._thread.start()
                atexit.register(self._close)
        elif action == "stackward.ops.event" and result.result.get("command") is not None:
            self._commands[result.host.get_name()] = (self._stack_of(result.host), result.result["command"])

    @staticmethod
    def _stack_of(host):
        return next(
            (group.vars["stackward_stack"] for group in host.get_groups() if "stackward_stack" in group.vars), None
        )

    def _log(self, result, status):
        host = result.host.get_name()
        began = self._started.pop((host, result.task._uuid), None)
        stack, command = self._commands.get(host, (None, None))
        if stack not in self._runs:
            return
        seconds = 0.0 if began is None else time.monotonic() - began
        line = LogLine(
            command, session.now(), result.task.get_name(), status, round(seconds, 3), self._text(result, status)
        )
        self._lines.put((stack, line))
        if status in ("failed", "unreachable"):
            self._wake.set()

    @staticmethod
    def _text(result, status):
        if result.task.no_log or result.result.get("_ansible_no_log"):
            return failure.HIDDEN
        if status in ("ok", "changed"):
            changed = [
                item["name"] for item in result.result.get("results") or [] if isinstance(item, dict) and "name" in item
            ]
            return ", ".join(changed)[:TEXT_LIMIT]
        parts = [failure.why(result.result), *(result.result.get(key) for key in ("stderr", "module_stderr"))]
        return "\n".join(dict.fromkeys(str(part) for part in parts if part))[:TEXT_LIMIT]

    def _write(self):
        interval = self.get_option("interval")
        renewed, told = time.monotonic(), {}
        ended = False
        while not ended:
            self._wake.wait(BATCH_SECONDS)
            self._wake.clear()
            ended = self._stop.is_set()
            self._flush()
            doing = dict(self._doing)
            due = interval if doing == told else min(interval, PROGRESS_SECONDS)
            if not ended and time.monotonic() - renewed >= due:
                renewed, told = time.monotonic(), doing
                self._renew(doing)
        for _attempt in range(LAST_ATTEMPTS):
            if not self._unwritten:
                break
            time.sleep(1)
            self._flush()

    def _flush(self):
        while not self._lines.empty():
            stack, line = self._lines.get()
            self._unwritten.setdefault(stack, []).append(line)
        for stack, lines in list(self._unwritten.items()):
            if self._guarded(stack, lambda store, lines=lines: store.append_log(lines)):
                del self._unwritten[stack]

    def _renew(self, doing):
        until = session.now() + timedelta(seconds=CLAIM_SECONDS)
        for stack, (_file, _digest, run) in self._runs.items():
            self._guarded(stack, lambda store, run=run, stack=stack: store.renew(stack, run, until, doing))

    def _guarded(self, stack, act):
        """Whether one write was done. A store that fails must not end the run, but a person must hear of it."""
        file, digest, _run = self._runs[stack]
        try:
            act(session.store_of(session.stack_of(file, digest)))
        except StackwardError as error:
            self._display.warning(f"The journal of {stack} could not be written: {error}")
            return False
        return True
