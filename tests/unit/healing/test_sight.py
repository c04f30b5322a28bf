"""Silence counts only while somebody looks."""

from datetime import timedelta

import pytest

from stackward.healing.sight import LONGEST_BREAK, Glance, continued, of_this_life
from stackward.lifecycle.health import Answer, Witness
from stackward.lifecycle.states import State
from tests.unit.healing.fleet import ALIVE, NOW, SILENT, before, record, saw, state_of

SECOND = timedelta(seconds=1)


def look(*sightings, answer=SILENT, now=NOW):
    (found,) = continued(sightings, [Glance("web1", Witness.SSH, answer)], now)
    return found


def test_the_same_answer_goes_on_from_when_it_began():
    (earlier,) = saw("web1", since=before(minutes=4), ssh=SILENT)
    assert look(earlier, now=NOW + SECOND).since == before(minutes=4)


@pytest.mark.parametrize(("was", "answer"), [(ALIVE, SILENT), (SILENT, ALIVE)])
def test_another_answer_begins_now(was, answer):
    (earlier,) = saw("web1", since=before(minutes=4), ssh=was)
    assert look(earlier, answer=answer, now=NOW + SECOND).since == NOW + SECOND


def test_after_a_break_in_which_nobody_looked_it_begins_now():
    (earlier,) = saw("web1", since=before(hours=4), ssh=SILENT)
    assert look(earlier, now=NOW + LONGEST_BREAK).since == before(hours=4)
    late = NOW + LONGEST_BREAK + SECOND
    assert look(earlier, now=late).since == late


def test_a_clock_that_was_put_back_begins_it_now():
    (earlier,) = saw("web1", since=before(minutes=4), ssh=SILENT)
    assert look(earlier, now=before(hours=1)).since == before(hours=1)


def test_what_is_not_looked_at_is_not_remembered():
    found = continued(saw("web1", ssh=SILENT, peer=SILENT), [Glance("web1", Witness.SSH, Answer.ALIVE)], NOW)
    assert [item.witness for item in found] == [Witness.SSH]


def test_what_was_seen_before_it_came_online_was_of_another_life():
    (earlier,) = saw("web1", ssh=SILENT)
    after = NOW + SECOND
    assert of_this_life([earlier], state_of(record("web1", since=after)), NOW) == ()
    assert of_this_life([earlier], state_of(record("web1", since=NOW)), NOW) == (earlier,)
    assert of_this_life([earlier], state_of(record("web1", since=NOW + LONGEST_BREAK)), NOW) == ()
    assert of_this_life([earlier], state_of(record("web1", since=NOW + LONGEST_BREAK + SECOND)), NOW) == (earlier,)
    assert of_this_life([earlier], state_of(record("web1", State.CONNECTION_LOST, since=after)), NOW) == (earlier,)
    assert of_this_life([earlier], state_of(names=("web2",)), NOW) == ()
