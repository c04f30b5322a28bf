"""What healing does and what it leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stackward.definition.model import Instance
from stackward.healing.decide import decide
from stackward.healing.ladder import attempts
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import Claim, Maintenance, Pause, Request
from tests.unit.healing.fleet import (
    ALIVE,
    GONE,
    NAMES,
    NOW,
    REBOOT,
    REPLACE,
    RESTART,
    SETUP,
    SILENT,
    STOPPED,
    UNKNOWN,
    before,
    everybody,
    lost,
    record,
    saw,
    stack_of,
    state_of,
    tried,
)


def decided(*sightings, state=None, stack=None, history=(), dead=()):
    past = {"web1": attempts(history)}
    return decide(stack or stack_of(), state or state_of(), everybody(*sightings), past, frozenset(dead), NOW)


def heals(decision):
    return {heal.instance: heal.remedy for heal in decision.heals}


def marks(decision):
    return [mark.instance for mark in decision.marks]


def reason(decision, name="web1"):
    return next(item.reason for item in decision.withheld if item.instance == name)


def test_who_is_well_is_left_alone():
    decision = decided()
    assert (decision.marks, decision.heals, decision.withheld) == ((), (), ())


def test_a_lost_instance_is_marked_and_gets_its_first_remedy():
    decision = decided(*lost("web1"))
    assert (marks(decision), heals(decision)) == (["web1"], {"web1": REBOOT})
    (heal,) = decision.heals
    assert heal.reason == ("reboot, try 1 of 5: SSH is silent since 11:50:00 UTC (ssh says so), and peer says so")
    assert heal.data == {"remedy": "reboot", "health": "lost", "since": before(minutes=10).isoformat(), "tried": []}


def test_a_machine_that_is_gone_is_replaced_at_once():
    gone = saw("web1", since=NOW, ssh=SILENT, provider=GONE, peer=SILENT)
    assert heals(decided(*gone)) == {"web1": REPLACE}


def test_a_machine_that_somebody_stopped_is_marked_and_left_to_a_person():
    stopped = saw("web1", ssh=SILENT, provider=STOPPED)
    decision = decided(*stopped)
    assert (marks(decision), heals(decision)) == (["web1"], {})
    assert decision.withheld[0].person
    assert "start it if that was not meant" in reason(decision)
    assert heals(decided(*stopped, stack=stack_of(for_stop=True))) == {"web1": RESTART}


def test_one_that_answers_again_is_brought_up_to_date():
    state = state_of(record("web1", State.CONNECTION_LOST, failure="SSH was silent"))
    decision = decided(state=state)
    assert (marks(decision), heals(decision)) == ([], {"web1": SETUP})


@pytest.mark.parametrize("state", [State.START_FAILED, State.SETUP_FAILED, State.STOP_FAILED])
def test_what_failed_at_a_persons_request_is_that_persons(state):
    found = state_of(record("web1", state, failure="no"))
    assert decided(*lost("web1"), state=found).heals == ()
    healed = decided(*lost("web1"), state=found, history=tried(REBOOT))
    assert heals(healed) == {"web1": RESTART}


def test_no_machine_that_answers_is_rebooted_or_replaced_because_its_setup_fails():
    found = state_of(record("web1", State.SETUP_FAILED, failure="a recipe failed"))
    decision = decided(state=found, history=tried(REBOOT, RESTART))
    assert heals(decision) == {"web1": SETUP}
    assert "a recipe failed" in decision.heals[0].reason


def test_after_all_tries_it_is_for_a_person():
    found = state_of(record("web1", State.CONNECTION_LOST, failure="SSH is silent"))
    decision = decided(*lost("web1"), state=found, history=tried(*[REBOOT] * 5))
    assert decision.heals == ()
    assert decision.withheld[0].person
    assert "5 remedies have not helped, a person must look" in reason(decision)


def test_a_remedy_is_given_time():
    found = state_of(record("web1", State.CONNECTION_LOST))
    decision = decided(*lost("web1"), state=found, history=tried(REBOOT, at=before(seconds=30)))
    assert decision.heals == ()
    assert decision.withheld[0].until == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    "answers", [{"provider": ALIVE, "peer": ALIVE}, {"provider": ALIVE, "peer": UNKNOWN}, {"check": ALIVE}]
)
def test_nothing_is_done_on_the_word_of_one_witness(answers):
    decision = decided(*saw("web1", ssh=SILENT, **answers))
    assert (decision.marks, decision.heals) == ((), ())


def test_a_controller_that_reaches_nobody_heals_nobody():
    everyone = [item for name in NAMES for item in lost(name)]
    decision = decided(*everyone)
    assert (decision.marks, decision.heals) == ((), ())
    assert "this controller reaches nobody" in reason(decision)


def test_more_than_half_silent_at_once_is_a_storm_and_half_is_healed_one_by_one():
    three = [item for name in NAMES[:3] for item in lost(name)]
    assert (decided(*three).marks, decided(*three).heals) == ((), ())
    assert "3 of 4 instances fail at once" in reason(decided(*three))
    two = decided(*lost("web1"), *lost("web2"))
    assert (marks(two), heals(two)) == (["web1", "web2"], {"web1": REBOOT})
    assert "1 instance of layer web may be down at a time, and web1 is" in reason(two, "web2")


def test_a_deploy_elsewhere_in_the_layer_uses_the_same_share():
    claim = Claim("web2", 7, "deploy#7 on ctl", "ctl", 1, 1.0, 1, before(minutes=1), NOW + timedelta(minutes=1))
    busy = replace(state_of(), claims={"web2": claim})
    decision = decided(*lost("web1"), state=busy)
    assert decision.heals == ()
    assert "and web2 is" in reason(decision)
    assert heals(decided(*lost("web1"), state=busy, dead=[7])) == {"web1": REBOOT}


def test_an_instance_that_a_run_holds_is_left_to_it():
    claim = Claim("web1", 7, "deploy#7 on ctl", "ctl", 1, 1.0, 1, before(minutes=1), NOW + timedelta(minutes=1))
    decision = decided(*lost("web1"), state=replace(state_of(), claims={"web1": claim}))
    assert (decision.marks, decision.heals) == ((), ())
    assert "a run is working on it" in reason(decision)


def test_what_a_person_has_asked_for_goes_first():
    asked = Request(Desired.STOPPED, Initiator.USER, "anna asked", NOW)
    decision = decided(*lost("web1"), state=state_of(record("web1", request=asked)))
    assert (decision.marks, decision.heals, decision.withheld) == ((), (), ())


def test_what_healing_has_asked_for_is_pending_and_takes_its_share():
    asked = Request(Desired.ONLINE, Initiator.AUTO_HEALING, "lost", NOW, REBOOT)
    found = state_of(record("web1", State.CONNECTION_LOST, request=asked))
    decision = decided(*lost("web1"), *lost("web2"), state=found)
    assert decision.pending == ("web1",)
    assert decision.heals == ()
    assert marks(decision) == ["web2"]


def test_a_pause_a_hold_and_a_layer_that_forbids_it_are_named():
    paused = state_of(pauses={"healing": Pause("healing", "new switches", "anna", NOW)})
    assert "healing is paused by anna: new switches" in reason(decided(*lost("web1"), state=paused))
    over = state_of(pauses={"healing": Pause("healing", "new switches", "anna", before(hours=2), before(hours=1))})
    assert heals(decided(*lost("web1"), state=over)) == {"web1": REBOOT}
    held = state_of(maintenance={"web1": Maintenance("web1", "new disk", "anna", NOW)})
    assert "held for maintenance by anna: new disk" in reason(decided(*lost("web1"), state=held))
    assert "layer web has healing off" in reason(decided(*lost("web1"), stack=stack_of(enabled=False)))


def test_any_layer_with_healing_off_wins():
    stack = stack_of()
    other = replace(stack.layers["web"], name="batch", healing=replace(stack.layers["web"].healing, enabled=False))
    both = replace(
        stack,
        layers={**stack.layers, "batch": other},
        instances={**stack.instances, "web1": Instance("web1", ("web", "batch"))},
    )
    decision = decided(*lost("web1"), stack=both)
    assert (decision.marks, decision.heals) == ((), ())


def test_stopped_instances_are_not_looked_at():
    found = state_of(record("web1", State.STOPPED))
    decision = decided(*lost("web1"), state=found)
    assert "web1" not in decision.verdicts
    assert decision.heals == ()
