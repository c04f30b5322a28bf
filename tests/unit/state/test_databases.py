import sys

import pytest

from stackward.errors import StateError
from stackward.state.store import open_store


def test_a_missing_driver_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StateError, match=r"driver is not installed\. Install it with: pip install"):
        open_store("postgresql://alice@localhost/shop")


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_of_postgresql_means_the_same_driver(scheme: str):
    with pytest.raises(StateError, match=r"postgresql://alice@127\.0\.0\.1:1/shop cannot be reached"):
        open_store(f"{scheme}://alice@127.0.0.1:1/shop")
