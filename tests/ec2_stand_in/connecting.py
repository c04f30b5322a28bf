"""Connections to whatever answers as AWS, which do not wait."""

from __future__ import annotations

from pathlib import Path

from stackward.providers.ec2.connection import Connection

_KEPT = Path(__file__).parents[2] / ".pytest_cache" / "stackward"
"""Models take long to narrow, and are the same for every test."""


def connected(region: str = "eu-test-1") -> Connection:
    """A connection that has its models in a folder of all tests."""
    return Connection(region, str(_KEPT), pause=lambda _: None)
