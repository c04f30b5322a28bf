"""A test's stack belongs to one run on a machine. What a run that was killed left of it is removed, nothing else is."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackward.providers.container import removal
from stackward.providers.container.engine import find

CLAIMS = Path(tempfile.gettempdir()) / "stackward-test-stacks"


@contextmanager
def owned_stack(stack: str, claims: Path = CLAIMS) -> Iterator[None]:
    """Own the containers of a stack from here on. Its owner removes them, which ends the claim.

    A claim whose process is gone says that the hosts there are a test's: they are removed. Hosts without a claim may
    be a person's: they stay, and making the same again fails. Raises AssertionError while another run owns them.
    """
    claims.mkdir(exist_ok=True)
    claim = claims / stack
    descriptor = os.open(claim, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(descriptor, stack)
        if os.fstat(descriptor).st_size:
            removal.remove_stack(find(), stack)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} in {Path.cwd()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, stack: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 1000, 0).decode(errors="replace").strip()
        raise AssertionError(f"the stack {stack} is another run's now: {owner}; wait for its end") from None
