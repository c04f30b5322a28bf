"""Work in forked children, which end without any of the test runner's clean-up."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable


def fork(work: Callable[[], None]) -> int:
    """Start work in a child. Returns its process number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except Exception:  # noqa: BLE001 - the parent sees the status, a person the traceback
        traceback.print_exc()
    finally:
        os._exit(status)


def succeed(*children: int) -> None:
    """Wait for children, all of which must have done their work."""
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * len(children)


def kill(child: int) -> None:
    """Kill a child in the middle of what it does."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


class Gate:
    """A pipe on which any number of processes wait until it is opened."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def wait(self) -> None:
        """Wait for `open`, which somebody must still be able to call."""
        os.read(self._read, 1)

    def open(self, times: int = 1) -> None:
        """Let that many waiting processes pass."""
        os.write(self._write, b"." * times)
