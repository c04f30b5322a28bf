"""The whole ladder of an instance, without touching it."""

from dataclasses import replace

from stackward.healing.recording import Inputs
from stackward.healing.rehearsal import rehearse
from stackward.lifecycle.states import State
from stackward.state.records import Maintenance, Pause
from tests.unit.healing.fleet import NOW, REBOOT, REPLACE, RESTART, everybody, lost, record, stack_of, state_of


def rehearsed(*sightings, state=None, name="web1", tick=60, **healing):
    inputs = Inputs(state or state_of(), everybody(*sightings), {}, frozenset(), NOW)
    return rehearse(stack_of(**healing), inputs, name, tick)


def test_each_remedy_comes_after_its_time_until_it_is_for_a_person():
    found = rehearsed(remedies=(REBOOT, RESTART, REPLACE), tries=3)
    assert [(step.after, step.remedy) for step in found.steps] == [
        (360, REBOOT),
        (420, RESTART),
        (540, REPLACE),
        (600, None),
    ]
    assert found.steps[-1].person
    assert "3 remedies have not helped" in found.steps[-1].reason
    assert found.brake == ""


def test_what_holds_it_back_now_is_said_and_the_ladder_is_shown_all_the_same():
    paused = state_of(pauses={"healing": Pause("healing", "new switches", "anna", NOW)})
    found = rehearsed(state=paused)
    assert "healing is paused by anna: new switches" in found.brake
    assert found.steps[0].remedy is REBOOT
    held = state_of(maintenance={"web1": Maintenance("web1", "new disk", "anna", NOW)})
    assert "held for maintenance by anna" in rehearsed(state=held).brake


def test_another_one_that_is_lost_takes_the_share():
    assert "web2 is" in rehearsed(*lost("web2"), state=healing_web2()).brake


def healing_web2():
    from stackward.lifecycle.states import Desired, Initiator
    from stackward.state.records import Request

    request = Request(Desired.ONLINE, Initiator.AUTO_HEALING, "lost", NOW, REBOOT)
    return state_of(record("web2", State.CONNECTION_LOST, request=request))


def test_one_that_failed_before_is_rehearsed_as_if_it_were_well():
    failed = state_of(record("web1", State.CONNECTION_LOST, failure="SSH was silent"))
    assert rehearsed(state=failed).steps == rehearsed().steps


def test_where_healing_is_off_nothing_is_done():
    found = rehearsed(enabled=False)
    assert [step.remedy for step in found.steps] == [None]
    assert "layer web has healing off" in found.steps[0].reason


def test_nothing_is_changed():
    state = state_of()
    before = replace(state)
    rehearsed(state=state)
    assert state == before
