"""One run at a time on a machine, of all checkouts: the names and networks of hosts are the same in each of them."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / "stackward-hosts.lock"


def wait_for_turn(lock: Path = LOCK) -> None:
    """Wait until no other run of any checkout has the lock, by default that of hosts, and keep it until this one ends.

    Says whom it waits for. Called again, it returns at once. Raises PermissionError where another user's lock may
    not be opened.
    """
    if lock in _held:
        return
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 1000, 0).decode(errors="replace").strip()
        print(f"Waiting for another run on this machine: {owner}", flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} in {Path.cwd()}\n".encode(), 0)
    _held[lock] = descriptor


_held: dict[Path, int] = {}
"""The locks of this process, by their paths. The system frees them when it ends, however it ends."""
