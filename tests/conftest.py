"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.postgresql_server import PostgresqlServer

# A busy machine is no failure: no test asserts a time, and neither does Hypothesis.
settings.register_profile(
    "stackward",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # Continuous integration judges a change by the same examples each time; everybody else's runs look for new ones.
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("stackward")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A real PostgreSQL server for the whole session."""
    server = PostgresqlServer()
    yield server
    server.close()
