"""Keeps a process from forking while one of its threads is at the database.

SQLite keeps its locks' bookkeeping in the process's memory: a child forked in the middle of another thread's write
would believe for ever that it holds the write lock itself (https://www.sqlite.org/howtocorrupt.html, "carrying an
open database across a fork").
"""

from __future__ import annotations

import _thread
import os
import signal
import threading

NO_FORK = threading.RLock()
"""Held while a connection is open. A fork waits for it."""

_SOON = 0.2
"""Seconds after which an interrupt that came while a fork waited is raised again."""


def _wait() -> None:
    """Wait for whoever is at the database. An exception from here would be ignored, so Ctrl-C is raised again later."""
    try:
        with NO_FORK:
            pass
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        again = threading.Timer(_SOON, _thread.interrupt_main)
        again.daemon = True
        again.start()


os.register_at_fork(before=NO_FORK.acquire, after_in_parent=NO_FORK.release, after_in_child=NO_FORK.release)
# What is registered last is called first before a fork: the lock itself is taken when nobody has it any more.
os.register_at_fork(before=_wait)
