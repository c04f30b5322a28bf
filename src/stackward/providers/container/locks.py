"""A lock that processes of one machine share. The kernel drops it with its holder, so none is ever left behind."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stackward.errors import ProviderError


@contextmanager
def exclusive(path: Path, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the lock file at `path`; `waiting` is told once, with the holder's process, if another has it now.

    Raises ProviderError when the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _acquire(path, waiting)
    except OSError as error:
        raise ProviderError(f"The lock {path} cannot be taken: {error.strerror}. See who owns the folder.") from error
    try:
        yield
    finally:
        os.close(descriptor)


def _acquire(path: Path, waiting: Callable[[str], None] | None) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if waiting:
                    waiting(os.read(descriptor, 32).decode(errors="replace").strip() or "unknown")
                    waiting = None
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _still_there(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _still_there(path: Path, descriptor: int) -> bool:
    # Whoever held the lock may have removed the folder with it; the lock of a removed file excludes nobody.
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return False
