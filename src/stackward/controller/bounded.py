"""The server's reading of HTTP, with a bound on what somebody may say before it is known who it is."""

from __future__ import annotations

from typing import Any

LONGEST_HEAD = 64 * 1024
"""Bytes that may come before a request's headers are complete. An agent needs a few hundred."""


def protocol() -> Any:
    """Return what uvicorn is to read requests by: the fast parser, which by itself keeps whatever is sent.

    Where it is not installed, the slow one is taken, which has this bound already.
    """
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ModuleNotFoundError:
        return "h11"

    class Bounded(HttpToolsProtocol):
        """Closes a connection whose headers never end."""

        head = 0
        begun = False

        def on_message_begin(self) -> None:
            self.head, self.begun = 0, True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self.begun = False
            super().on_headers_complete()

        def data_received(self, data: bytes) -> None:
            if self.begun:
                self.head += len(data)
                if self.head > LONGEST_HEAD:
                    self.transport.close()
                    return
            super().data_received(data)

    return Bounded
