"""An agent is silent only once somebody has listened, and it has had the time to report."""

from datetime import timedelta

import pytest

from stackward.healing.hearing import MISSED, heard
from stackward.lifecycle.states import State
from stackward.state.records import AgentRecord, Listener
from tests.unit.healing.fleet import ALIVE, NOW, SILENT, UNKNOWN, before, record

EVERY = 30
LONG_AGO = before(hours=3)
PATIENCE = EVERY * MISSED


def answer(heard_at=None, *, issued=LONG_AGO, listening=LONG_AGO, web1=None):
    listeners = () if listening is None else (Listener("ctl", listening, NOW),)
    instances = {"web1": web1 or record("web1", since=LONG_AGO)}
    agents = {"web1": AgentRecord("web1", issued, 1, heard_at)}
    (found,) = heard(["web1"], instances, agents, listeners, EVERY, NOW)
    return found.answer


def test_an_agent_is_silent_once_so_many_reports_are_missed():
    assert answer(before(seconds=PATIENCE)) is ALIVE
    assert answer(before(seconds=PATIENCE + 1)) is SILENT
    assert answer() is SILENT


@pytest.mark.parametrize(
    ("moment", "expected"), [(before(seconds=PATIENCE), UNKNOWN), (before(seconds=PATIENCE + 1), SILENT)]
)
def test_it_is_given_as_long_from_when_somebody_listens_or_it_has_a_token_or_its_instance_has_come_online(
    moment, expected
):
    last = before(hours=1)
    assert answer(last, listening=moment) is expected
    assert answer(last, issued=moment) is expected
    assert answer(last, web1=record("web1", since=moment)) is expected


def test_only_an_instance_that_is_online_is_given_that_time():
    lost = record("web1", State.CONNECTION_LOST, since=NOW)
    assert answer(before(hours=1), web1=lost) is SILENT


def test_a_clock_that_was_put_back_since_gives_no_more_time():
    later = record("web1", since=NOW + timedelta(hours=1))
    assert answer(before(hours=1), web1=later) is SILENT


def test_nobody_is_silent_where_nobody_listens():
    assert answer(before(hours=1), listening=None) is UNKNOWN
