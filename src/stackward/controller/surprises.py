"""Errors that nobody has thought of: the service goes on, and whoever can mend them is told where they came from."""

from __future__ import annotations

import logging

from stackward.errors import StackwardError

LOG = logging.getLogger("stackward")


def in_words(error: Exception) -> str:
    """An error for a person; one that nobody has thought of with its kind."""
    return str(error) if isinstance(error, StackwardError) else f"{type(error).__name__}: {error}"


def log_origin(error: Exception) -> None:
    """Log where an error came from that is a mistake in the program or in a plugin; of others nothing."""
    if not isinstance(error, StackwardError):
        LOG.error("this is a mistake in the program or in a plugin", exc_info=error)
