"""Keeps a process from forking while one of its threads is at the database.

SQLite keeps its locks' bookkeeping in the process's memory: a child forked in the middle of another thread's write
would believe for ever that it holds the write lock itself (https://www.sqlite.org/howtocorrupt.html, "carrying an
open database across a fork").
"""

from __future__ import annotations

import os
import signal
import threading

NO_FORK = threading.RLock()
"""Held while a connection is open. A fork waits for it."""

_SOON = 0.2
"""Seconds after a fork at which an interrupt that came while it waited is raised again."""

_interrupted = threading.Event()


def _wait() -> None:
    """Wait for whoever is at the database. An exception from here would be ignored, so Ctrl-C is kept for later."""
    while True:
        try:
            with NO_FORK:
                return
        except KeyboardInterrupt:
            _interrupted.set()


def _raise_again() -> None:
    """Give the main thread the interrupt that came while it waited, once it is out of the fork."""
    if _interrupted.is_set():
        _interrupted.clear()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        again = threading.Timer(_SOON, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
        again.daemon = True
        again.start()


os.register_at_fork(before=NO_FORK.acquire, after_in_parent=NO_FORK.release, after_in_child=NO_FORK.release)
# What is registered last is called first before a fork: the lock itself is taken when nobody has it any more.
os.register_at_fork(before=_wait, after_in_parent=_raise_again, after_in_child=_interrupted.clear)
