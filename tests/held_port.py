"""A port of this machine for a server that a test starts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port(address: str = "127.0.0.1") -> Iterator[int]:
    """Hold a port that a server may take meanwhile, as servers share it with whoever does not listen. Nobody else does.

    One that is looked up and let go again may be given to any connection before the server is there.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((address, 0))
        yield int(held.getsockname()[1])
