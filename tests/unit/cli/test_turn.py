"""Whose move it is, in every situation that there can be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stackward.cli.turn import Situation, Whose, brief, task, turns
from stackward.definition.model import OWNED, ProviderChoice
from stackward.lifecycle.states import BETWEEN, FAILED, Desired, Initiator, State
from stackward.planner import Observations, decide
from stackward.state.records import Claim, Command, CommandStatus, InstanceRecord, MachineRecord, Request, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MACHINE = MachineRecord(token="t", attempt=1, parameters={}, id="m", address="192.0.2.7")
RUN = 7


def claims():
    return st.builds(
        lambda expires: Claim("web1", RUN, "converge#7 on ctl", "ctl", 1, 1.0, 1, NOW, NOW + expires, "Do it"),
        st.sampled_from([timedelta(seconds=60), timedelta(seconds=-60)]),
    )


def commands():
    return st.builds(
        lambda event, status: Command(
            5, 5, "web1", event, {}, Initiator.USER, "asked", False, status, NOW, failure="broken"
        ),
        st.sampled_from(["setup", "configure", "deploy", "run_recipes"]),
        st.sampled_from([CommandStatus.PENDING, CommandStatus.RUNNING]),
    )


def records():
    return st.builds(
        InstanceRecord,
        name=st.just("web1"),
        layers=st.just(("web",)),
        state=st.sampled_from(State),
        request=st.none()
        | st.builds(Request, st.sampled_from(Desired), st.sampled_from(Initiator), st.just("why"), st.just(NOW)),
        machine=st.none() | st.just(MACHINE),
        configured=st.sampled_from([-1, 2, 3]),
        reboot_wanted=st.booleans(),
        failure=st.sampled_from(["", "it broke"]),
    )


def situation(record, claim, pending, dead, ended, *, in_file=True):
    stack = small_stack({"web1": ("web",)} if in_file else {"web2": ("web",)})
    state = StackState(
        "shop", 3, {record.name: record} if record else {}, {"web1": claim} if claim else {},
        (pending,) if pending else (), {},
    )  # fmt: skip
    runs = frozenset({RUN} if dead else ())
    plan = decide(stack, state, Observations(runs), NOW)
    return Situation(stack, state, plan, runs, NOW, {"web1": "anna on ctl"}, {"web1": ended} if ended else {})


@given(records(), st.none() | claims(), st.none() | commands(), st.booleans(), st.none() | commands(), st.booleans())
def test_it_is_always_somebodys_and_it_is_the_one_who_can_move(record, claim, pending, dead, ended, in_file):
    it = situation(record, claim, pending, dead, ended, in_file=in_file)
    turn = turns(it)["web1"]
    assert turn.text
    lives = claim is not None and not dead and claim.expires > NOW
    moving = {move.instance for move in (*it.plan.moves, *it.plan.configure)} | set(it.plan.departed)
    if lives:
        assert turn.whose is Whose.RUN
        assert turn.text.startswith("converge#7 on ctl: Do it")
    elif "web1" in moving:
        assert turn.whose is Whose.CONVERGE
        assert turn.text.startswith("converge: ")
    elif record.state in FAILED | BETWEEN - {State.REBOOTING}:
        assert turn.whose is Whose.YOU
        assert record.failure in turn.text or record.state in BETWEEN
    else:
        assert turn.whose in (Whose.YOU, Whose.NOBODY)


def test_an_instance_nobody_has_heard_of_waits_for_you():
    assert turns(situation(None, None, None, False, None))["web1"].text == "you: start it"


def test_who_asked_and_why_are_named_for_a_pending_request():
    for reason in ("started by anna", "anna asked", ""):
        record = InstanceRecord("web1", ("web",), request=Request(Desired.ONLINE, Initiator.USER, reason, NOW))
        assert turns(situation(record, None, None, False, None))["web1"].text == (
            "converge: pending request start by anna on ctl"
        )
    record = InstanceRecord("web1", ("web",), request=Request(Desired.ONLINE, Initiator.AUTO_HEALING, "lost", NOW))
    assert turns(situation(record, None, None, False, None))["web1"].text == (
        "converge: pending request start by auto-healing — lost"
    )


def test_a_command_that_failed_on_an_online_instance_is_yours():
    failed = Command(
        9, 9, "web1", "deploy", {}, Initiator.USER, "asked", False, CommandStatus.FAILED, NOW, failure="no route"
    )
    record = InstanceRecord("web1", ("web",), state=State.ONLINE, machine=MACHINE, configured=3)
    turn = turns(situation(record, None, None, False, failed))["web1"]
    assert (turn.whose, turn.text) == (Whose.YOU, "you: deploy again, command 9 failed — no route")


def test_a_task_loses_the_name_of_its_role():
    assert task("stackward.ops.lifecycle : Boot the machine") == "Boot the machine"
    assert task("Boot the machine") == "Boot the machine"


def test_of_a_long_failure_the_beginning_is_told():
    log = "HAProxy: systemctl start haproxy.service failed:\n" + "  [NOTICE] haproxy version is 2.6\n" * 40
    told = brief(log)
    assert told.startswith("HAProxy: systemctl start haproxy.service failed: [NOTICE]")
    assert told.endswith(" …")
    assert len(told) < 250
    assert brief("no route") == "no route"


def owned(record):
    found = situation(record, None, None, False, None)
    return turns(replace(found, stack=replace(found.stack, provider=ProviderChoice(OWNED))))["web1"].text


def test_a_machine_that_somebody_owns_is_to_be_registered_where_it_is_not():
    assert owned(InstanceRecord("web1", ("web",), State.TERMINATED)) == "you: register it"
    failed = InstanceRecord("web1", ("web",), State.START_FAILED, failure="it is not registered yet")
    assert owned(failed) == "you: ask again (register) — it is not registered yet"


def test_one_whose_registration_may_have_failed_is_registered_or_started_again():
    failed = InstanceRecord("web1", ("web",), State.START_FAILED, machine=MACHINE)
    assert owned(failed) == "you: ask again (start, or register)"
    assert owned(replace(failed, state=State.SETUP_FAILED)) == "you: ask again (setup)"
    assert owned(replace(failed, state=State.STOPPED)) == "you: start it"
