from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from stackward.errors import StaleEpochError, StateError, TransitionError
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import AppRelease, CommandStatus, InstanceRecord, MachineRecord, Request
from stackward.state.store import Store
from tests.contract.state.examples import (
    LATER,
    MACHINE,
    NOW,
    TO_ONLINE,
    Abandoned,
    advance,
    ask,
    begin_run,
    claim,
    claimed_instance,
)


def test_an_unknown_stack_has_generation_0_and_is_not_made_known_by_looking(store: Store):
    state = store.snapshot("shop")
    assert (state.name, state.generation) == ("shop", 0)
    assert (state.instances, state.claims, state.commands, state.deployments) == ({}, {}, (), {})
    assert store.stacks() == ()


def test_a_new_instance_is_stopped_and_unclaimed(store: Store):
    with store.transaction("shop") as transaction:
        transaction.put_instance("web1", ("web", "monitoring"), NOW)
    assert store.snapshot("shop").instances == {
        "web1": InstanceRecord("web1", ("web", "monitoring"), State.STOPPED, since=NOW)
    }


def test_putting_a_known_instance_changes_only_its_layers(store: Store):
    _, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        advance(transaction, "web1", epoch, State.REQUESTED)
        transaction.put_instance("web1", ("web", "cache"), LATER)
    instance = store.snapshot("shop").instances["web1"]
    assert (instance.layers, instance.state, instance.since, instance.epoch) == (
        ("web", "cache"),
        State.REQUESTED,
        NOW,
        epoch,
    )


def test_instances_are_listed_by_name_whatever_the_database_thinks_of_letters(store: Store):
    names = ["web10", "web2", "Web1", "a-b", "a_b", "ab", "a.b"]
    with store.transaction("shop") as transaction:
        for name in names:
            transaction.put_instance(name, ("web",), NOW)
    assert list(store.snapshot("shop").instances) == sorted(names)


def test_stacks_share_a_state_without_seeing_each_other(store: Store):
    claimed_instance(store)
    with store.transaction("lab") as transaction:
        transaction.put_instance("web1", ("other",), NOW)
        ask(transaction, "web1")
        transaction.bump_generation("why not", "alice", NOW)
    assert store.stacks() == ("lab", "shop")
    shop, lab = store.snapshot("shop"), store.snapshot("lab")
    assert (shop.generation, len(shop.claims), shop.commands) == (0, 1, ())
    assert (lab.generation, lab.claims, len(lab.commands)) == (1, {}, 1)
    assert lab.instances["web1"].layers == ("other",)
    assert len(store.commands("shop")) == 0
    assert len(store.journal("shop")) == 0


def test_a_request_stays_until_it_is_cleared(store: Store):
    _, epoch = claimed_instance(store)
    request = Request(Desired.ONLINE, Initiator.AUTO_SCALING, "cpu 91 % for 5 minutes", NOW)
    with store.transaction("shop") as transaction:
        transaction.request("web1", Request(Desired.STOPPED, Initiator.USER, "", NOW, force=True))
    assert store.snapshot("shop").instances["web1"].request.force
    with store.transaction("shop") as transaction:
        transaction.request("web1", request)
    assert store.snapshot("shop").instances["web1"].request == request
    with store.transaction("shop") as transaction:
        transaction.clear_request("web1", epoch)
    assert store.snapshot("shop").instances["web1"].request is None


def test_a_wanted_reboot_stays_until_it_is_done(store: Store):
    claimed_instance(store)
    for wanted in (True, False):
        with store.transaction("shop") as transaction:
            transaction.want_reboot("web1", wanted)
        assert store.snapshot("shop").instances["web1"].reboot_wanted is wanted


def test_an_unknown_instance_is_refused_by_name(store: Store):
    unknown = "web9: the state of stack shop knows no such instance"
    with pytest.raises(StateError, match=unknown), store.transaction("shop") as transaction:
        transaction.want_reboot("web9", True)


def test_entering_the_online_set_and_leaving_it_start_a_new_generation_and_nothing_else_does(store: Store):
    _, epoch = claimed_instance(store)
    seen = []
    for state in (*TO_ONLINE, State.REBOOTING, State.ONLINE, State.STOPPING, State.SHUTTING_DOWN, State.STOPPED):
        with store.transaction("shop") as transaction:
            advance(transaction, "web1", epoch, state)
            seen.append(transaction.state.generation)
    assert seen == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_a_new_state_is_in_the_journal_with_its_reason(store: Store):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        advance(transaction, "web1", epoch, State.REQUESTED)
        transaction.advance(
            "web1", epoch, State.START_FAILED, LATER, failure="no image", actor="converge", text="gave up", run=run
        )
    first, second = store.journal("shop")
    assert (first.kind, first.actor, first.instance, first.run) == ("state", "converge", "web1", None)
    assert "requested" in first.text
    assert first.data == {"from": "stopped", "to": "requested"}
    assert (second.text, second.run, second.at) == ("gave up", run, LATER)
    assert second.data == {"from": "requested", "to": "start_failed", "failure": "no image"}
    instance = store.snapshot("shop").instances["web1"]
    assert (instance.state, instance.since, instance.failure) == (State.START_FAILED, LATER, "no image")


def test_a_failure_is_forgotten_when_the_next_state_begins(store: Store):
    _, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        advance(transaction, "web1", epoch, State.REQUESTED)
        transaction.advance("web1", epoch, State.START_FAILED, NOW, failure="no image", actor="converge")
        advance(transaction, "web1", epoch, State.REQUESTED)
    assert store.snapshot("shop").instances["web1"].failure == ""


def test_the_same_state_again_changes_nothing(store: Store):
    _, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        advance(transaction, "web1", epoch, *TO_ONLINE)
    before, entries = store.snapshot("shop"), store.journal("shop")
    with store.transaction("shop") as transaction:
        transaction.advance("web1", epoch, State.ONLINE, LATER, failure="x", actor="converge")
    assert store.snapshot("shop") == before
    assert store.journal("shop") == entries


def test_a_state_that_cannot_follow_is_refused_and_both_are_named(store: Store):
    _, epoch = claimed_instance(store)
    refused = "web1 is stopped and cannot become online"
    with pytest.raises(TransitionError, match=refused), store.transaction("shop") as transaction:
        advance(transaction, "web1", epoch, State.ONLINE)
    assert store.snapshot("shop").instances["web1"].state is State.STOPPED


def test_a_machine_is_remembered_before_and_after_its_provider_has_answered(store: Store):
    _, epoch = claimed_instance(store)
    asked = type(MACHINE)(MACHINE.token, MACHINE.attempt, MACHINE.parameters)
    for machine in (asked, MACHINE, None):
        with store.transaction("shop") as transaction:
            transaction.set_machine("web1", epoch, machine)
        assert store.snapshot("shop").instances["web1"].machine == machine
    assert store.snapshot("shop").generation == 0


def with_elastic(address: str | None):
    return type(MACHINE)(MACHINE.token, 1, {}, "c0ffee", "10.0.0.5", 22, address)


def test_the_zone_of_a_machine_is_kept(store: Store):
    _, epoch = claimed_instance(store)
    for zone in ("", "eu-central-1a"):
        made = replace(MACHINE, zone=zone)
        with store.transaction("shop") as transaction:
            transaction.set_machine("web1", epoch, made)
        assert store.snapshot("shop").instances["web1"].machine == made


def test_a_new_or_other_elastic_address_starts_a_new_generation(store: Store):
    _, epoch = claimed_instance(store)
    seen = []
    for address in (None, "192.0.2.1", "192.0.2.1", "192.0.2.2", None):
        with store.transaction("shop") as transaction:
            transaction.set_machine("web1", epoch, with_elastic(address))
            seen.append(transaction.state.generation)
    assert seen == [0, 1, 1, 2, 2]


def test_an_online_instance_that_loses_or_changes_an_address_starts_a_new_generation(store: Store):
    _, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        transaction.set_machine("web1", epoch, with_elastic("192.0.2.1"))
        advance(transaction, "web1", epoch, *TO_ONLINE)
        assert transaction.state.generation == 2
        transaction.set_machine("web1", epoch, with_elastic(None))
        assert transaction.state.generation == 3
        transaction.set_machine("web1", epoch, MACHINE)
        assert transaction.state.generation == 3
        transaction.set_machine("web1", epoch, type(MACHINE)("shop/web1/1", 1, {}, "c0ffee", "10.0.0.6"))
        assert transaction.state.generation == 4


def test_a_configured_generation_is_remembered(store: Store):
    _, epoch = claimed_instance(store)
    assert store.snapshot("shop").instances["web1"].configured == -1
    with store.transaction("shop") as transaction:
        transaction.configured("web1", epoch, 7)
    assert store.snapshot("shop").instances["web1"].configured == 7


def test_a_forgotten_instance_leaves_its_journal_and_its_commands(store: Store):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        done, running, pending = ask(transaction, "web1"), ask(transaction, "web1"), ask(transaction, "web1")
        transaction.begin_command(done.id, epoch, run, NOW)
        transaction.finish_command(done.id, epoch, CommandStatus.SUCCESSFUL, NOW)
        transaction.begin_command(running.id, epoch, run, NOW)
        transaction.set_release("web1", epoch, AppRelease("storefront", "r1", "v1"))
        advance(transaction, "web1", epoch, State.TERMINATING, State.TERMINATED)
        transaction.forget_instance("web1", epoch, LATER)
    state = store.snapshot("shop")
    assert (state.instances, state.claims, state.commands) == ({}, {}, ())
    assert len(store.journal("shop", instance="web1")) == 2
    ended = {command.id: (command.status, command.finished) for command in store.commands("shop", instance="web1")}
    assert ended == {
        done.id: (CommandStatus.SUCCESSFUL, NOW),
        running.id: (CommandStatus.SKIPPED, LATER),
        pending.id: (CommandStatus.SKIPPED, LATER),
    }


def test_an_instance_that_comes_back_begins_anew_but_for_its_epoch(store: Store):
    _, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        transaction.set_release("web1", epoch, AppRelease("storefront", "r1", "v1"))
        transaction.forget_instance("web1", epoch)
        transaction.put_instance("web1", ("web",), LATER)
    assert store.snapshot("shop").instances["web1"] == InstanceRecord("web1", ("web",), since=LATER, epoch=epoch)


def test_a_transaction_sees_what_it_has_written_itself(store: Store):
    with store.transaction("shop") as transaction:
        assert transaction.state.instances == {}
        transaction.put_instance("web1", ("web",), NOW)
        assert "web1" in transaction.state.instances
        claim(transaction, "web1", begin_run(transaction))
        assert transaction.state.claims["web1"].epoch == 1
        assert store.snapshot("shop").instances == {}


def test_an_exception_undoes_the_whole_transaction(store: Store):
    claimed_instance(store)
    before = store.snapshot("shop")

    def abandon():
        with store.transaction("shop") as transaction:
            transaction.put_instance("web2", ("web",), NOW)
            transaction.bump_generation("never", "alice", NOW)
            transaction.want_reboot("web1", True)
            raise Abandoned

    with pytest.raises(Abandoned):
        abandon()
    assert store.snapshot("shop") == before
    assert store.journal("shop") == ()


def test_times_are_kept_to_the_microsecond_and_come_back_in_utc(store: Store):
    vienna = timezone(timedelta(hours=2))
    with store.transaction("shop") as transaction:
        transaction.put_instance("web1", ("web",), datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=vienna))
    since = store.snapshot("shop").instances["web1"].since
    assert since == datetime(2026, 7, 1, 10, 0, 0, 1, tzinfo=UTC)
    assert since.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(store: Store):
    with pytest.raises(Exception, match="no time zone"), store.transaction("shop") as transaction:
        transaction.put_instance("web1", ("web",), NOW.replace(tzinfo=None))
    assert store.snapshot("shop").instances == {}


def test_another_stack_file_starts_a_new_generation_and_the_first_does_not(store: Store):
    seen = []
    for digest in ("1" * 64, "1" * 64, "2" * 64):
        with store.transaction("shop") as transaction:
            transaction.adopt_definition(digest, "converge", NOW)
        state = store.snapshot("shop")
        seen.append((state.definition[0], state.generation))
    assert seen == [("1", 0), ("1", 0), ("2", 1)]


def test_what_an_event_ran_is_known_until_it_begins_again(store: Store):
    _, epoch = claimed_instance(store)
    seen = []
    for event, parts in (
        (Event.SETUP, {"b": "1", "a": "2"}),
        (Event.CONFIGURE, {}),
        (Event.SETUP, None),
        (Event.DEPLOY, None),
        (Event.SETUP, {"a": "3"}),
    ):
        with store.transaction("shop") as transaction:
            transaction.set_ran("web1", epoch, event, parts)
        seen.append({key: list(its.items()) for key, its in store.snapshot("shop").instances["web1"].ran.items()})
    assert seen == [
        {Event.SETUP: [("b", "1"), ("a", "2")]},
        {Event.SETUP: [("b", "1"), ("a", "2")], Event.CONFIGURE: []},
        {Event.CONFIGURE: []},
        {Event.CONFIGURE: []},
        {Event.CONFIGURE: [], Event.SETUP: [("a", "3")]},
    ]
    with pytest.raises(StaleEpochError), store.transaction("shop") as transaction:
        transaction.set_ran("web1", epoch - 1, Event.SETUP, {})


def test_nothing_is_known_to_have_run_on_another_machine(store: Store):
    _, epoch = claimed_instance(store)
    first = MachineRecord("t1", 1, {})
    known = []
    for machine in (first, replace(first, id="i-1", address="10.0.0.1"), MachineRecord("t2", 2, {}), None):
        with store.transaction("shop") as transaction:
            transaction.set_machine("web1", epoch, machine)
            known.append(bool(transaction.state.instances["web1"].ran))
            transaction.set_ran("web1", epoch, Event.SETUP, {"a": "1"})
    assert known == [False, True, False, False]
