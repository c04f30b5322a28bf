"""Where code is, as it may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def without_credentials(location: str) -> str:
    """A URL without user, password and what follows "?", where tokens stand: fit to be shown."""
    parts = urlsplit(location)
    if not parts.netloc:
        return location
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
