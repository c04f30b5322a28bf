"""The server's reading of HTTP, with bounds on what somebody may say, and take, before it is known who it is."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

LONGEST_HEAD = 64 * 1024
"""Bytes that may come before a request's headers are complete. An agent needs a few hundred."""

LONGEST_SAYING = 30.0
"""Seconds in which a request has to be said, its first byte included. An agent gives up before that itself."""

MOST_FOR_WORK = 1024
"""Open files that are kept back at most: looks, runs and the state need some, however many connect."""


def most_connections() -> int:
    """How many connections may be open at a time: all files that this process may open, but those for its work."""
    files, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return files - min(files // 2, MOST_FOR_WORK)


def protocol(most: int) -> Any:
    """Return what uvicorn is to read requests by: the fast parser, which by itself keeps whatever is sent.

    `most` connections may be open at a time. Where the fast parser is not installed, the slow one is taken, which has a
    bound on headers alone.
    """
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ModuleNotFoundError:
        return "h11"

    class Bounded(HttpToolsProtocol):
        """Closes a connection whose request never ends, and one too many."""

        head = 0
        begun = False
        late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > most:
                transport.abort()
            else:
                self._give_time()

        def connection_lost(self, exc: Exception | None) -> None:
            self._take_time()
            super().connection_lost(exc)

        def on_message_begin(self) -> None:
            self.head, self.begun = 0, True
            self._give_time()
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self.begun = False
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._take_time()
            super().on_message_complete()

        def data_received(self, data: bytes) -> None:
            if self.begun:
                self.head += len(data)
                if self.head > LONGEST_HEAD:
                    self.transport.close()
                    return
            super().data_received(data)

        def _give_time(self) -> None:
            if self.late is None:
                self.late = self.loop.call_later(LONGEST_SAYING, self.transport.close)

        def _take_time(self) -> None:
            if self.late is not None:
                self.late.cancel()
                self.late = None

    return Bounded
