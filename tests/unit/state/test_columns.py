from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.lifecycle.states import State
from stackward.state.columns import DOCUMENT, MOMENT, NAMES, WORDS, member

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001 - zones are given


@given(MOMENTS)
def test_a_moment_survives_to_the_microsecond(moment: datetime):
    read = MOMENT.read(MOMENT.write(moment))
    assert read == moment
    assert read.tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_moments_sort_as_they_are_written(one: datetime, other: datetime):
    assert (MOMENT.write(one) < MOMENT.write(other)) == (one < other)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        MOMENT.write(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@given(ANY_TEXT)
def test_any_text_becomes_text_that_a_database_can_hold(text: str):
    stored = WORDS.write(text)
    assert "\0" not in stored
    assert stored.encode().decode() == stored


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_ordinary_text_is_stored_as_it_is(text: str):
    assert WORDS.write(text) == text


@given(st.recursive(st.none() | st.booleans() | st.integers() | ANY_TEXT, st.lists))
def test_data_survives_as_ascii(data: object):
    stored = DOCUMENT.write({"data": data})
    assert stored.isascii()
    assert "\0" not in stored
    assert DOCUMENT.read(stored) == {"data": data}


def test_two_rows_never_share_the_data_that_was_read():
    for text in ("{}", '{"a": {}}'):
        DOCUMENT.read(text)["mine"] = 1
        assert "mine" not in DOCUMENT.read(text)


@given(st.lists(ANY_TEXT).map(tuple))
def test_names_survive_as_a_tuple(names: tuple[str, ...]):
    assert NAMES.read(NAMES.write(names)) == names


def test_a_member_is_stored_by_its_value_and_an_unknown_value_is_refused():
    column = member(State)
    assert [column.read(column.write(state)) for state in State] == list(State)
    assert column.write(State.RUNNING_SETUP) == "running_setup"
    with pytest.raises(KeyError):
        column.read("sleeping")


@pytest.mark.parametrize("column", [MOMENT, WORDS, DOCUMENT, member(State)])
def test_nothing_stays_nothing(column):
    assert column.write(None) is None
    assert column.read is None or column.read(None) is None
