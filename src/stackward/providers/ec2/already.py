"""What a repeated call says where the first one did the work and its answer was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stackward.providers.ec2.errors import CallError


@contextmanager
def so(*codes: str) -> Iterator[None]:
    """Take an error of one of these codes for success: it says that what was asked for is so already."""
    try:
        yield
    except CallError as error:
        if error.code not in codes:
            raise
