from datetime import UTC, datetime, timedelta, timezone

import pytest

from stackward.lifecycle.releases import made_at, release_name

AT = datetime(2026, 11, 27, 10, 40, 25, 987, tzinfo=UTC)


@pytest.mark.parametrize("at", [AT, AT.astimezone(timezone(timedelta(hours=-7)))])
def test_the_name_of_a_release_tells_when_it_was_made_and_of_what(at):
    name = release_name("a9c3b51fff0123456789", at)
    assert name == "20261127T104025Z-a9c3b51fff"
    assert made_at(name) == AT.replace(microsecond=0)


@pytest.mark.parametrize("name", ["", "r1", "20261127T104025Z", "20261327T104025Z-a9c3b51fff", "x20261127T104025Z-a9"])
def test_of_another_name_it_is_not_told(name):
    assert made_at(name) is None
