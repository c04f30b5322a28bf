"""One run of a playbook, as a process of its own: ansible-runner, with an end that can be asked for.

ansible-runner itself only kills, and leaves Ansible's workers behind. So a SIGTERM to this process is passed on to
ansible-playbook, which then stops its workers; only what is left after the time of grace is killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.2

TIED = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
"""Runs a program so that it ends with its terminal, which is this process's.

ansible-runner has it stay. But where this process is killed, its workers end without a terminal, and it would wait for
them for ever and keep what it has claimed.
"""


def main() -> int:
    """Run what standard input says, in JSON; arguments would be for everybody to see. Returns Ansible's exit code."""
    order: dict[str, Any] = json.load(sys.stdin)
    grace = float(order["grace"])
    asked: list[int] = []
    passed_on: list[float] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))

    def cancelled() -> bool:
        if not asked:
            return False
        if not passed_on:
            passed_on.append(time.monotonic())
            for process in _children():
                os.kill(process, signal.SIGTERM)
        return time.monotonic() - passed_on[0] > grace

    return _run(order, cancelled)


def _run(order: dict[str, Any], cancelled: Any) -> int:
    from ansible_runner import Runner, RunnerConfig  # type: ignore[import-untyped]

    folder = Path(order["folder"])
    # What has to be found is found by the environment that is given, not by this process's own.
    os.environ["PATH"] = order["environment"]["PATH"]
    configuration = RunnerConfig(
        private_data_dir=str(folder),
        playbook=order["playbook"],
        inventory=order["inventory"],
        extravars=order["variables"],
        ident="run",
        envvars=order["environment"],
        # Settings and variables of one run must not be those of the next, nor lie on the disk.
        suppress_env_files=True,
        quiet=True,
    )
    configuration.suppress_ansible_output = True
    configuration.prepare()
    # It forgets settings that it is given where there is no file of them.
    configuration.pexpect_timeout = POLL_SECONDS
    configuration.command = [sys.executable, "-I", "-S", "-c", TIED, *configuration.command]
    runner = Runner(configuration, cancel_callback=cancelled, remove_partials=True)
    try:
        _status, code = runner.run()
    finally:
        # It holds the whole environment in clear.
        (folder / "artifacts" / "run" / "command").unlink(missing_ok=True)
    return code if isinstance(code, int) else 1


def _children() -> list[int]:
    """The processes that this one has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.append(int(entry.name))
    return found


if __name__ == "__main__":
    sys.exit(main())
