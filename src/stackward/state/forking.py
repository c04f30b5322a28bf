"""Keeps a process from forking while one of its threads is at the database.

SQLite keeps its locks' bookkeeping in the process's memory: a child forked in the middle of another thread's write
would believe for ever that it holds the write lock itself (https://www.sqlite.org/howtocorrupt.html, "carrying an
open database across a fork").
"""

from __future__ import annotations

import os
import threading

NO_FORK = threading.RLock()
"""Held while a connection is open. A fork waits for it."""

os.register_at_fork(before=NO_FORK.acquire, after_in_parent=NO_FORK.release, after_in_child=NO_FORK.release)
