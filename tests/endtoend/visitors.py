"""Visitors of a site, who must not notice what is done to its servers."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.endtoend.project import Project


def clock() -> str:
    return f"{datetime.now(UTC):%H:%M:%S} UTC"


@contextmanager
def visited(shop: Project) -> Iterator[Counter[str]]:
    """Ask for the page all the time, and count what comes of it: by "200", or what went wrong and in which second."""
    address = shop.state().instances["front"].machine.address
    found: Counter[str] = Counter()
    over = threading.Event()

    def visit() -> None:
        while not over.wait(0.02):
            connection = http.client.HTTPConnection(address, 80, timeout=10)
            try:
                connection.request("GET", "/")
                status = connection.getresponse().status
                found["200" if status == 200 else f"{status} at {clock()}"] += 1
            except (OSError, http.client.HTTPException) as error:
                found[f"{error!r} at {clock()}"] += 1
            finally:
                connection.close()

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        yield found
    finally:
        over.set()
        visitor.join()
