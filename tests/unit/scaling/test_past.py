"""What the journal says of the past of an instance."""

import pytest

from stackward.lifecycle.states import Desired, Initiator, State
from stackward.scaling.past import pasts
from tests.unit.scaling.stacks import Journal, utc


def past(journal):
    return pasts({"web2": journal.entries})["web2"]


def test_the_newest_request_is_known_with_the_window_that_it_was_made_for():
    journal = Journal().asked("2026-03-02T07:00", Desired.STOPPED)
    journal.asked("2026-03-02T07:58", Desired.ONLINE, Initiator.AUTO_SCALING, opening="2026-03-02T08:00")
    found = past(journal).request
    assert (found.desired, found.initiator, found.at) == (
        Desired.ONLINE, Initiator.AUTO_SCALING, utc("2026-03-02T07:58")
    )  # fmt: skip
    assert found.opening == utc("2026-03-02T08:00")


def test_what_healing_asks_for_takes_no_ones_word_back():
    journal = Journal().asked("2026-03-02T22:00", Desired.ONLINE)
    journal.asked("2026-03-02T23:00", Desired.ONLINE, Initiator.AUTO_HEALING)
    assert past(journal).request.initiator is Initiator.USER
    journal.asked("2026-03-03T07:58", Desired.ONLINE, Initiator.AUTO_SCALING, opening="2026-03-03T08:00")
    journal.asked("2026-03-03T07:59", Desired.ONLINE, Initiator.AUTO_HEALING)
    assert past(journal).request.opening == utc("2026-03-03T08:00")


def test_a_request_for_an_event_or_a_reboot_is_none_for_a_state():
    journal = Journal().asked("2026-03-02T07:00", Desired.STOPPED)
    journal._add("2026-03-02T09:00", "request", {"event": "setup", "instances": ["web2"]})
    journal._add("2026-03-02T10:00", "request", {})
    assert past(journal).request.desired is Desired.STOPPED


def test_finished_starts_are_measured_from_their_claim_to_online():
    journal = Journal().started("2026-03-02T07:58", 100).reached("2026-03-02T20:00", State.STOPPING, State.STOPPED)
    journal.reached("2026-03-03T07:58", State.REQUESTED, State.START_FAILED).started("2026-03-03T08:04", 90)
    assert past(journal).starts == (100.0, 90.0)


@pytest.mark.parametrize("cut", [State.STOPPING, State.START_FAILED, State.SETUP_FAILED])
def test_a_start_that_did_not_come_to_its_end_is_not_measured(cut):
    journal = Journal().reached("2026-03-02T07:58", State.REQUESTED, State.PENDING, cut)
    journal.reached("2026-03-02T09:00", State.RUNNING_SETUP, State.ONLINE)
    assert past(journal).starts == ()


def test_a_start_during_which_the_clock_was_put_back_is_not_measured():
    journal = Journal().reached("2026-03-02T08:58", State.REQUESTED, State.PENDING)
    journal.reached("2026-03-02T08:00", State.RUNNING_SETUP, State.ONLINE)
    assert past(journal).starts == ()


def test_a_setup_again_is_no_start():
    assert past(Journal().reached("2026-03-02T09:00", State.RUNNING_SETUP, State.ONLINE)).starts == ()


def test_failures_are_counted_until_it_comes_to_rest_or_a_person_asks():
    journal = Journal()
    for hour in ("07", "08", "09"):
        journal.reached(f"2026-03-02T{hour}:00", State.REQUESTED, State.START_FAILED)
    assert past(journal).failures == tuple(utc(f"2026-03-02T{hour}:00") for hour in ("07", "08", "09"))
    journal.asked("2026-03-02T09:30", Desired.ONLINE, Initiator.AUTO_SCALING)
    assert len(past(journal).failures) == 3
    assert past(journal.asked("2026-03-02T09:40", Desired.ONLINE)).failures == ()
    journal.reached("2026-03-02T10:00", State.REQUESTED, State.SETUP_FAILED)
    assert len(past(journal).failures) == 1
    assert past(journal.reached("2026-03-02T10:10", State.RUNNING_SETUP, State.ONLINE)).failures == ()


def test_an_instance_without_a_past_has_none():
    found = past(Journal())
    assert (found.request, found.failures, found.starts) == (None, (), ())
