"""How a call is made, whatever it asks."""

from __future__ import annotations

import gc

import pytest

from stackward.providers.ec2.connection import Connection, call
from tests.ec2_stand_in.connecting import connected


@call("look around")
def collecting(connection: Connection, problem: Exception | None = None) -> bool:
    if problem:
        raise problem
    return gc.isenabled()


@pytest.fixture
def connection():
    yield connected()
    gc.enable()


def test_no_garbage_is_searched_for_in_a_call_and_again_after_it(connection):
    assert not collecting(connection)
    assert gc.isenabled()


def test_a_call_that_fails_leaves_the_search_on(connection):
    with pytest.raises(ZeroDivisionError):
        collecting(connection, ZeroDivisionError())
    assert gc.isenabled()


def test_a_search_that_was_off_stays_off(connection):
    gc.disable()
    collecting(connection)
    assert not gc.isenabled()
