"""Connections to whatever answers as AWS, which do not wait."""

from __future__ import annotations

import tempfile

from stackward.providers.ec2.connection import Connection

_KEPT = tempfile.TemporaryDirectory(prefix="stackward-models-")
"""Models take long to narrow, and are the same for every test."""


def connected(region: str = "eu-test-1") -> Connection:
    """A connection that has its models in a folder of all tests."""
    return Connection(region, _KEPT.name, pause=lambda _: None)
