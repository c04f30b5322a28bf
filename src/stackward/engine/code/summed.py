"""A file whose SHA-256 is known when it is written."""

from __future__ import annotations

import hashlib
import io
from typing import Any


class Summed(io.BufferedIOBase):
    """Adds up what is written, and hands it on; without a file to hand it to, it only adds up."""

    def __init__(self, into: io.BufferedIOBase | None = None) -> None:
        super().__init__()
        self._into = into
        self._digest = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def write(self, piece: Any) -> int:
        """Take up a piece."""
        self._digest.update(piece)
        if self._into is not None:
            self._into.write(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        """How many bytes have been written."""
        return self._size

    def sum(self) -> str:
        """The SHA-256 of all that was written."""
        return self._digest.hexdigest()
