"""Where code comes from is shown without what logs in there."""

from __future__ import annotations

import pytest

from stackward.definition.location import without_credentials


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://user:word@example.com/a.git", "https://example.com/a.git"),
        ("https://example.com/a.git", "https://example.com/a.git"),
        ("https://example.com/a.tar.gz?private_token=word", "https://example.com/a.tar.gz"),
        ("git@example.com:a.git", "git@example.com:a.git"),
        ("/srv/a.git", "/srv/a.git"),
    ],
)
def test_a_location_is_shown_without_credentials(given, shown):
    assert without_credentials(given) == shown
