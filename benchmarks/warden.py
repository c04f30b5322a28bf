"""Runs one command and weighs everything that it started.

    python warden.py RESULT COMMAND…

Processes that the command leaves behind become the warden's own children. Connections that `ssh` keeps open are closed
at the end, so that their time counts too and the next command has to connect anew.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

ADOPT_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""


def main(result: str, command: list[str]) -> int:
    """Run the command, write what it cost to the file `result`, and return the command's exit code."""
    if ctypes.CDLL(None, use_errno=True).prctl(ADOPT_ORPHANS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this system cannot adopt orphans, so their time would be missing")
    began = time.monotonic()
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    wall = time.monotonic() - began
    close_connections()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * 1024}
    Path(result).write_text(json.dumps(cost))
    return code


def close_connections() -> None:
    """End every `ssh` that was left behind, and reap it."""
    for process in orphans():
        os.kill(process, signal.SIGTERM)
        os.waitpid(process, 0)


def orphans() -> list[int]:
    """Return the children of this process that are an `ssh`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text().rpartition(")")
        except OSError:
            continue
        if name.endswith("(ssh") and rest.split()[1] == str(os.getpid()):
            found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
