"""What healing does and what it leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stackward.definition.model import Healing, Instance, Layer, ProviderChoice
from stackward.healing.brakes import zone_of
from stackward.healing.decide import decide
from stackward.healing.ladder import attempts
from stackward.healing.settings import healing_of
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import Claim, Command, CommandStatus, MachineRecord, Maintenance, Pause, Request
from tests.unit.healing.fleet import (
    ALIVE,
    CONFIGURE,
    GONE,
    NAMES,
    NOW,
    REBOOT,
    RECLAIMED,
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


def decided(*sightings, state=None, stack=None, history=(), dead=(), listening=None):
    past = {"web1": attempts(history)}
    known = state or state_of()
    return decide(stack or stack_of(), known, everybody(*sightings), past, frozenset(dead), NOW, listening)


def command(event, initiator=Initiator.USER):
    return Command(12, 12, "web1", event, {}, initiator, "why", False, CommandStatus.PENDING, before(seconds=5))


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
    assert decided(state=found).heals == ()
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


def test_what_is_proven_is_healed_all_the_same_beside_what_may_only_be_cut_off():
    gone = saw("web1", ssh=SILENT, provider=GONE)
    decision = decide(stack_of(), state_of(), (*gone, *lost("web2")), {}, frozenset(), NOW)
    assert heals(decision) == {"web1": REPLACE}
    assert marks(decision) == ["web1"]
    assert "this controller reaches nobody" in reason(decision, "web2")


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


@pytest.mark.parametrize("answers", [{"peer": ALIVE}, {"check": ALIVE, "peer": SILENT}, {"peer": UNKNOWN}])
def test_one_that_was_lost_gets_no_stronger_remedy_while_somebody_reaches_it_or_nobody_knows(answers):
    found = state_of(record("web1", State.CONNECTION_LOST))
    decision = decided(*saw("web1", ssh=SILENT, **answers), state=found, history=tried(REBOOT))
    assert decision.heals == ()
    assert len(decision.withheld) == 1


def test_of_a_stack_no_more_than_a_tenth_is_in_healing_whatever_its_layers():
    names = tuple(f"web{number}" for number in range(1, 21))
    stack = stack_of(names)
    each = {name: Layer(name.replace("web", "layer")) for name in names}
    stack = replace(
        stack,
        layers={layer.name: layer for layer in each.values()},
        instances={name: Instance(name, (layer.name,)) for name, layer in each.items()},
    )
    failing = [item for name in names[:3] for item in lost(name)]
    decision = decide(stack, state_of(names=names), everybody(*failing, names=names), {}, frozenset(), NOW)
    assert heals(decision) == {"web1": REBOOT, "web2": REBOOT}
    assert "2 instances of the stack may be healed at a time, and web1, web2 is" in reason(decision, "web3")


@pytest.mark.parametrize(("ends", "held"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_a_claim_that_nobody_renews_holds_nothing_any_more(ends, held):
    claim = Claim("web1", 7, "deploy#7 on ctl", "ctl", 1, 1.0, 1, before(minutes=1), NOW + ends)
    decision = decided(*lost("web1"), state=replace(state_of(), claims={"web1": claim}))
    assert bool(decision.withheld) is held
    assert bool(decision.heals) is not held


def test_a_machine_that_somebody_owns_is_only_marked_where_nobody_can_switch_it():
    stack = replace(stack_of(), provider=ProviderChoice("static"))
    decision = decided(*lost("web1"), stack=stack)
    assert (marks(decision), heals(decision)) == (["web1"], {})
    assert decision.withheld[0].person
    switched = replace(stack, provider=ProviderChoice("static", {"power": {"reboot": "ipmi"}}))
    assert heals(decided(*lost("web1"), stack=switched)) == {"web1": REBOOT}


def test_an_instance_of_two_layers_has_the_most_patient_settings_of_both():
    layers = {
        "web": Layer("web", healing=Healing(after=300.0, tries=5, back_off=60.0, remedies=(REBOOT, RESTART))),
        "batch": Layer("batch", healing=Healing(after=900.0, tries=2, back_off=120.0, remedies=(REBOOT,))),
    }
    for names in (("web", "batch"), ("batch", "web")):
        stack = replace(stack_of(), layers={name: layers[name] for name in names})
        its = healing_of(stack, Instance("web1", names))
        assert (its.after, its.tries, its.back_off, its.remedies) == (900.0, 2, 120.0, (REBOOT,))


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


def test_an_agent_that_is_silent_is_started_again_and_nothing_stronger_ever_follows():
    unheard = saw("web1", ssh=ALIVE, heartbeat=SILENT)
    assert (marks(decided(*unheard)), heals(decided(*unheard))) == ([], {"web1": CONFIGURE})
    again = decided(*unheard, history=tried(CONFIGURE, CONFIGURE))
    assert (marks(again), heals(again)) == ([], {"web1": CONFIGURE})
    assert decided(*unheard, history=tried(*[CONFIGURE] * 5)).withheld[0].person


def test_an_agent_is_left_where_the_remedies_do_not_name_it():
    unheard = saw("web1", ssh=ALIVE, heartbeat=SILENT)
    decision = decided(*unheard, stack=stack_of(remedies=(REBOOT,)))
    assert (decision.heals, decision.withheld[0].person) == ((), True)
    assert "remedies name nothing for that" in reason(decision)
    assert decided(*lost("web1"), stack=stack_of(remedies=(CONFIGURE,))).heals == ()


def test_one_whose_check_fails_is_configured_before_it_is_taken_out():
    unfit = saw("web1", ssh=ALIVE, check=SILENT)
    stack = stack_of(for_check=True)
    assert (marks(decided(*unfit, stack=stack)), heals(decided(*unfit, stack=stack))) == ([], {"web1": CONFIGURE})
    then = decided(*unfit, stack=stack, history=tried(CONFIGURE))
    assert (marks(then), heals(then)) == (["web1"], {"web1": REBOOT})


def test_when_the_check_of_most_of_a_layer_fails_it_is_what_they_share_and_nobody_is_rebooted_for_it():
    names = (*NAMES, "batch1", "batch2", "batch3", "batch4", "batch5")
    web = stack_of(names, for_check=True)
    stack = replace(
        web,
        layers={**web.layers, "batch": replace(web.layers["web"], name="batch")},
        instances={name: Instance(name, (name.rstrip("12345"),)) for name in names},
    )

    def decision(*unfit):
        seen = [item for name in unfit for item in saw(name, ssh=ALIVE, check=SILENT)]
        history = {name: attempts(tried(CONFIGURE)) for name in unfit}
        return decide(stack, state_of(names=names), everybody(*seen, names=names), history, frozenset(), NOW)

    storm = decision("web1", "web2", "web3", "batch1")
    assert (marks(storm), heals(storm)) == (["batch1"], {"batch1": REBOOT})
    assert "in layer web 3 of 4 instances fail at once" in reason(storm, "web1")
    assert heals(decision("web1", "web2")) == {"web1": REBOOT}


def test_when_most_agents_are_silent_it_is_not_they():
    unheard = [item for name in NAMES[:3] for item in saw(name, ssh=ALIVE, heartbeat=SILENT)]
    decision = decided(*unheard)
    assert decision.heals == ()
    assert "3 of 4 instances fail at once" in reason(decision)


def test_a_host_that_is_deployed_to_is_left_alone_also_before_a_run_has_taken_it_up():
    decision = decided(*lost("web1"), state=replace(state_of(), commands=(command("deploy"),)))
    assert (decision.marks, decision.heals) == ((), ())
    assert "a deploy on it is on its way (command 12)" in reason(decision)


def test_a_deploy_that_waits_elsewhere_in_the_layer_uses_the_same_share():
    waiting = replace(command("deploy"), instance="web2")
    assert "and web2 is" in reason(decided(*lost("web1"), state=replace(state_of(), commands=(waiting,))))


def test_a_configure_that_healing_has_asked_for_is_waited_for():
    asked = replace(state_of(), commands=(command("configure", Initiator.AUTO_HEALING),))
    decision = decided(*saw("web1", ssh=ALIVE, heartbeat=SILENT), *lost("web2"), state=asked)
    assert (decision.pending, decision.heals) == (("web1",), ())


def test_after_the_service_has_begun_it_watches_first_and_heals_only_what_is_proven():
    began = before(seconds=60)
    decision = decided(*lost("web1"), listening=began)
    assert (decision.marks, decision.heals) == ((), ())
    assert "the controller service has begun at 11:59:00 UTC and watches first" in reason(decision)
    assert decision.withheld[0].until == began + timedelta(seconds=300)
    assert heals(decided(*lost("web1"), listening=before(seconds=300))) == {"web1": REBOOT}
    assert heals(decided(*saw("web1", ssh=SILENT, provider=GONE), listening=began)) == {"web1": REPLACE}


def test_where_most_of_a_zone_is_silent_nobody_there_is_healed_and_others_are():
    names = tuple(f"web{number}" for number in range(1, 10))

    def placed(name, zone):
        machine = MachineRecord(name, 1, {}, f"m-{name}", "192.0.2.7", zone=zone)
        return record(name, machine=machine)

    state = state_of(*(placed(name, "b" if name in names[:3] else "a") for name in names), names=names)
    sightings = (*lost("web1"), *lost("web2"), *lost("web4"), *everybody(names=names[4:]), *saw("web3", ssh=ALIVE))
    decision = decide(stack_of(names), state, sightings, {}, frozenset(), NOW)
    assert heals(decision) == {"web4": REBOOT}
    assert "in zone b 2 of 3 instances fail at once" in reason(decision, "web1")
    gone = (*lost("web1"), *lost("web2"), *saw("web3", ssh=SILENT, provider=GONE), *everybody(names=names[3:]))
    assert heals(decide(stack_of(names), state, gone, {}, frozenset(), NOW)) == {"web3": REPLACE}


@pytest.mark.parametrize(
    ("machine", "zone"),
    [
        (MachineRecord("t", 1, {}, zone="a"), "a"),
        (MachineRecord("t", 1, {"placement": {"zone": "b"}}, zone="a"), "a"),
        (MachineRecord("t", 1, {"placement": {"zone": "b"}, "options": {"zone": "c"}}), "b"),
        (MachineRecord("t", 1, {"placement": {"zone": None}, "options": {"zone": "c"}}), "c"),
        (MachineRecord("t", 1, {"placement": None}), ""),
    ],
)
def test_a_zone_is_what_the_provider_says_or_else_what_was_asked_for(machine, zone):
    assert zone_of(machine) == zone


def test_one_that_is_well_again_after_remedies_is_said_to_be():
    assert decided(history=tried(REBOOT)).recovered == ("web1",)
    assert decided().recovered == ()
    asked = replace(state_of(), commands=(command("configure", Initiator.AUTO_HEALING),))
    assert decided(history=tried(CONFIGURE), state=asked).recovered == ()


def taken_back(*names):
    return [item for name in names for item in saw(name, ssh=ALIVE, provider=RECLAIMED)]


def test_a_machine_that_is_taken_back_is_replaced_while_it_is_at_work():
    decision = decided(*taken_back("web1"))
    assert (marks(decision), heals(decision)) == ([], {"web1": REPLACE})
    (heal,) = decision.heals
    assert heal.reason == "replace: provider says so"
    assert (heal.data["remedy"], heal.data["health"]) == ("replace", "reclaimed")


def test_many_that_are_taken_back_at_once_are_all_replaced_and_leave_no_room_for_others():
    decision = decided(*taken_back("web2", "web3", "web4"), *lost("web1"))
    assert heals(decision) == dict.fromkeys(("web2", "web3", "web4"), REPLACE)
    assert "1 instance of layer web may be down at a time, and web2, web3, web4 is" in reason(decision)


def test_what_was_tried_before_does_not_keep_one_that_is_taken_back():
    just = tried(*[REBOOT] * 5, at=before(seconds=1))
    assert heals(decided(*taken_back("web1"), history=just)) == {"web1": REPLACE}


def test_one_that_is_taken_back_and_could_not_be_replaced_waits_as_others_do():
    failed = state_of(record("web1", State.STOP_FAILED, failure="AWS did not terminate it"))
    just = tried(REPLACE, at=before(seconds=1))
    assert "is given time" in reason(decided(*taken_back("web1"), state=failed, history=just))
    assert heals(decided(*taken_back("web1"), state=failed, history=tried(REPLACE))) == {"web1": REPLACE}


def test_one_that_is_taken_back_is_left_to_whoever_has_said_so():
    pauses = {"healing": Pause("healing", "the switches", "anna", before(hours=1))}
    assert "healing is paused by anna" in reason(decided(*taken_back("web1"), state=state_of(pauses=pauses)))
    off = stack_of(enabled=False)
    assert reason(decided(*taken_back("web1"), stack=off)).endswith("layer web has healing off")
