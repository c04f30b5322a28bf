"""Every contract test runs on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackward.state.store import Store, open_store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of a new, empty state each time."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql_server").create_database
    numbers = iter(range(1000))
    return lambda: f"sqlite:///{tmp_path}/var/state{next(numbers)}.db"


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """The URL of a new, empty state."""
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A new, empty store."""
    with open_store(url) as opened:
        yield opened
