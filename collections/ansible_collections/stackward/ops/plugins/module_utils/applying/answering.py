# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether it is a unit that answers on a port, and not somebody else in its place."""

from __future__ import annotations

import os
import re

from .commands import call
from .services import unit_name

STEADY_SECONDS = 5.0
"""How long a unit must go on running where another process answers, such as a web server before it."""

_BEGINS = tuple(f"{step}TimestampMonotonic" for step in ("InactiveExit", "ExecMainStart", "ActiveEnter"))
"""What systemd knows of when a unit began to run, in microseconds of the same clock as C(time.monotonic)."""

_LISTENS = "0A"
"""The state of a socket that listens, as the kernel writes it."""


class Answering:
    """Says of a unit, once something has answered, why that is no good sign yet."""

    def __init__(self, unit, port, most=STEADY_SECONDS, front="", root="/"):
        """C(most) is how many seconds a unit must go on running at most; C(front) may listen in its place."""
        self._unit = unit_name(unit) if unit else ""
        self._listeners = [unit_name(name) for name in (unit, front) if name]
        self._port = port
        self._steady = min(STEADY_SECONDS, most)
        self._root = root

    def problem(self, now):
        """Return why the answer does not count, None where it does. C(now) are seconds of C(time.monotonic).

        Of a unit that systemd does not know, or that does not run all the time, nothing can be said.
        """
        if not self._unit:
            return None
        state = self._state()
        if state.get("LoadState") != "loaded" or state["ActiveState"] in ("inactive", "deactivating"):
            return None
        if state["ActiveState"] == "failed" or state["SubState"].startswith("auto-restart"):
            return f"something else answered: {self._unit} is {state['ActiveState']} ({state['SubState']})."
        # systemd starts some again without having called them inactive, and calls some active before they run.
        running = now - max(int(state[begins] or 0) for begins in _BEGINS) / 1e6
        if self._port is None or self._holds_the_port() or running >= self._steady:
            return None
        return (
            f"something else answered: {self._unit} does not listen on port {self._port}, and does not go on running."
        )

    def _state(self):
        properties = ("LoadState", "ActiveState", "SubState", *_BEGINS)
        done = call(["systemctl", "show", *(f"--property={name}" for name in properties), "--", self._unit])
        found = dict.fromkeys(properties, "")
        found.update(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        return found

    def _holds_the_port(self):
        """Return whether a process of the unit, or of the one in its place, listens on the port."""
        sockets = {f"socket:[{inode}]" for inode in self._listening()}
        return any(sockets & _open_in(os.path.join(self._root, "proc", process, "fd")) for process in self._processes())

    def _listening(self):
        """Return the inodes of the sockets that listen on the port."""
        for table in ("tcp", "tcp6"):
            rows = _read(os.path.join(self._root, "proc/net", table)).splitlines()[1:]
            for row in (line.split() for line in rows):
                if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == self._port:
                    yield row[9]

    def _processes(self):
        """Return the processes of the units that may listen, by their control group."""
        its = re.compile(rf"/({'|'.join(map(re.escape, self._listeners))})(/|$)", re.MULTILINE)
        for process in os.listdir(os.path.join(self._root, "proc")):
            if process.isdigit() and its.search(_read(os.path.join(self._root, "proc", process, "cgroup"))):
                yield process


def _open_in(folder):
    """Return what the files that a process has open are; nothing of one that has ended meanwhile."""
    found = set()
    try:
        for name in os.listdir(folder):
            found.add(os.readlink(os.path.join(folder, name)))
    except OSError:
        pass
    return found


def _read(path):
    """Return a file of the kernel; "" of a process that has ended meanwhile."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
