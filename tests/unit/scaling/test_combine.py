"""From wishes to what is asked for now."""

from datetime import timedelta

import pytest

from stackward.lifecycle.states import Desired, Initiator, State
from stackward.scaling.combine import FIRST_RETRY, MOST_FAILURES, Wish, combine, scheduled
from stackward.scaling.past import LastRequest, Past, pasts
from stackward.scaling.time_based import outlooks
from tests.unit.scaling.stacks import Journal, make, record, request, state_of, utc

NOW = utc("2026-03-02T12:00")


def decided(desired, *records, past=None, now=NOW):
    return combine([Wish("web2", desired, "because")], state_of(*records), {"web2": past} if past else {}, now)


@pytest.mark.parametrize("state", [State.STOPPED, State.TERMINATED])
def test_a_start_is_asked_for_where_nothing_runs(state):
    assert [wish.instance for wish in decided(Desired.ONLINE, record(state=state)).asks] == ["web2"]


def test_an_instance_that_is_not_known_yet_is_asked_for():
    assert len(decided(Desired.ONLINE).asks) == 1
    assert decided(Desired.STOPPED).asks == ()


@pytest.mark.parametrize("state", [State.ONLINE, State.REBOOTING, State.RUNNING_SETUP])
def test_what_runs_is_stopped_and_not_started(state):
    assert decided(Desired.ONLINE, record(state=state)).asks == ()
    assert len(decided(Desired.STOPPED, record(state=state)).asks) == 1


@pytest.mark.parametrize("initiator", Initiator)
@pytest.mark.parametrize("desired", [Desired.ONLINE, Desired.STOPPED])
@pytest.mark.parametrize("state", State)
def test_nothing_is_asked_for_twice(state, desired, initiator):
    assert decided(desired, record(state=state, request=request(desired, initiator))).asks == ()


@pytest.mark.parametrize("state", State)
def test_an_instance_that_is_to_be_terminated_is_left_to_that(state):
    asked = request(Desired.TERMINATED)
    for desired in (Desired.ONLINE, Desired.STOPPED):
        assert decided(desired, record(state=state, request=asked)).asks == ()


def test_another_request_is_replaced():
    asked = request(Desired.ONLINE, Initiator.AUTO_SCALING)
    assert len(decided(Desired.STOPPED, record(state=State.BOOTING, request=asked)).asks) == 1
    asked = request(Desired.STOPPED, Initiator.AUTO_SCALING)
    assert len(decided(Desired.ONLINE, record(state=State.SHUTTING_DOWN, request=asked)).asks) == 1


def test_what_scaling_asked_for_before_is_told_as_pending():
    mine = record("web2", State.BOOTING, request=request(Desired.ONLINE, Initiator.AUTO_SCALING))
    assert decided(Desired.ONLINE, mine).pending == ("web2",)
    theirs = record("web2", State.BOOTING, request=request(Desired.ONLINE))
    assert decided(Desired.ONLINE, theirs).pending == ()


def test_what_a_run_has_left_half_way_is_pending_too():
    assert decided(Desired.ONLINE, record(state=State.RUNNING_SETUP)).pending == ("web2",)
    assert decided(Desired.ONLINE, record(state=State.ONLINE)).pending == ()


@pytest.mark.parametrize("state", [State.START_FAILED, State.SETUP_FAILED])
def test_a_failed_start_is_tried_again_later_and_later_and_then_left_to_a_person(state):
    failed = []
    at = NOW
    for count in range(1, MOST_FAILURES):
        failed.append(at)
        past = Past(failures=tuple(failed))
        retry = at + FIRST_RETRY * 2 ** (count - 1)
        early = decided(
            Desired.ONLINE, record(state=state, failure="no image"), past=past, now=retry - timedelta(seconds=1)
        )
        assert early.asks == ()
        assert [(item.until, "no image" in item.reason) for item in early.withheld] == [(retry, True)]
        assert len(decided(Desired.ONLINE, record(state=state), past=past, now=retry).asks) == 1
        at = retry
    past = Past(failures=(*failed, at))
    [last] = decided(Desired.ONLINE, record(state=state), past=past, now=at + timedelta(days=30)).withheld
    assert (last.until, "a person must ask again" in last.reason) == (None, True)


@pytest.mark.parametrize("state", [State.START_FAILED, State.SETUP_FAILED])
def test_an_instance_that_failed_is_stopped_at_the_end_of_its_window_without_waiting(state):
    past = Past(failures=(NOW,) * MOST_FAILURES)
    assert len(decided(Desired.STOPPED, record(state=state), past=past).asks) == 1


def test_a_stop_that_failed_is_tried_again_later_too():
    past = Past(failures=(NOW,))
    assert decided(Desired.STOPPED, record(state=State.STOP_FAILED), past=past).asks == ()
    later = NOW + FIRST_RETRY
    assert len(decided(Desired.STOPPED, record(state=State.STOP_FAILED), past=past, now=later).asks) == 1


def test_a_failure_that_the_journal_does_not_tell_yet_is_known_from_the_state():
    just_failed = record(state=State.START_FAILED, since=NOW)
    assert [item.until for item in decided(Desired.ONLINE, just_failed).withheld] == [NOW + FIRST_RETRY]


def test_an_instance_whose_connection_is_lost_is_left_to_healing_but_may_be_stopped():
    assert len(decided(Desired.ONLINE, record(state=State.CONNECTION_LOST)).withheld) == 1
    assert len(decided(Desired.STOPPED, record(state=State.CONNECTION_LOST)).asks) == 1


def test_a_wish_against_which_a_request_of_a_person_stands_is_none():
    past = Past(LastRequest(Desired.STOPPED, Initiator.USER, "anna on ctl", utc("2026-03-02T11:00")))
    assert scheduled(outlooks(make(), {"web2": past}, NOW).values()) == ()
    [wish] = scheduled(outlooks(make(), {}, NOW).values())
    assert (wish.desired, wish.data) == (Desired.ONLINE, {"opening": "2026-03-02T08:00:00+00:00"})


def test_a_failing_start_is_asked_for_a_bounded_number_of_times_in_one_window_and_anew_in_the_next():
    """A tick a minute through two days, every start failing at once."""
    stack, journal, known, asked = make(), Journal(), record(state=State.STOPPED), []
    now = utc("2026-03-02T00:00")
    while now < utc("2026-03-04T00:00"):
        known_past = pasts({"web2": journal.entries})
        wishes = scheduled(outlooks(stack, known_past, now).values())
        for wish in combine(wishes, state_of(known), known_past, now).asks:
            journal.asked(now.isoformat()[:19], wish.desired, Initiator.AUTO_SCALING)
            if wish.desired is Desired.ONLINE:
                asked.append(now)
                journal.reached(now, State.REQUESTED, State.START_FAILED)
                known = record(state=State.START_FAILED, since=now)
            else:
                journal.reached(now, State.STOPPING, State.STOPPED)
                known = record(state=State.STOPPED)
        now += timedelta(minutes=1)
    assert len([at for at in asked if at < utc("2026-03-03T00:00")]) == MOST_FAILURES
    assert len(asked) == 2 * MOST_FAILURES
