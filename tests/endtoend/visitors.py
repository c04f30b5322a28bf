"""Visitors of a site, who must not notice what is done to its servers."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.endtoend.project import Project


@contextmanager
def visited(shop: Project) -> Iterator[Counter[str]]:
    """Ask for the page all the time, and count what comes of it."""
    address = shop.state().instances["front"].machine.address
    found: Counter[str] = Counter()
    over = threading.Event()

    def visit() -> None:
        while not over.wait(0.02):
            connection = http.client.HTTPConnection(address, 80, timeout=10)
            try:
                connection.request("GET", "/")
                found[str(connection.getresponse().status)] += 1
            except (OSError, http.client.HTTPException) as error:
                found[repr(error)] += 1
            finally:
                connection.close()

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        yield found
    finally:
        over.set()
        visitor.join()
