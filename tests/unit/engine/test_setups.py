"""Where a Setup that goes in its batch fails, those after it are left as they are, and the run says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.model import Instance, Layer
from stackward.engine import outcomes, requests, setups
from stackward.engine.claiming import Claimant, claim
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.phases import Phase
from stackward.engine.process import Owner
from stackward.lifecycle.states import State
from stackward.planner import EVERYTHING, Scope
from stackward.state.records import CommandStatus
from stackward.state.store import open_store
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = ("web1", "web2", "web3")
STACK = small_stack(dict.fromkeys(NAMES, ("web",)))
OWNER = Owner("ctl", 1, 1.0, "anna")
CAUSE = "apt: no space left on device"


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/state.db") as opened:
        with opened.transaction("shop") as transaction:
            transaction.adopt_definition(STACK.digest, "anna", NOW, None)
            run = transaction.begin_run("start", "ctl", 1, 1.0, "anna", NOW)
            for name in NAMES:
                transaction.put_instance(name, ("web",), NOW)
                epoch = transaction.claim(name, run, "anna", NOW, NOW + timedelta(minutes=1)).epoch
                for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE):
                    transaction.advance(name, epoch, state, NOW, actor="anna")
                transaction.release(name, epoch)
            transaction.end_run(run, NOW)
        yield opened


def ask(store, **arguments):
    return requests.request_event(store, STACK, NAMES, "setup", arguments, reason="why", actor="anna", now=NOW)


def claimed(store, phase, run=None, names=NAMES):
    by = Claimant(OWNER, "setup", run)
    done = claim(store, STACK, Scope(frozenset(names)), phase, by, text=lambda: "", now=NOW)
    return done.run, {item.move.instance: Hold(done.run, item.epoch, "anna") for item in done.claimed}


def begin(store, name, hold):
    with store.transaction("shop") as transaction:
        command = next(item.id for item in transaction.state.commands if item.instance == name)
        transaction.begin_command(command, hold.epoch, hold.run, NOW)
    return command


def held(store, name, hold):
    return HeldInstance(store, STACK, name, hold, lambda: NOW)


def told(store, run):
    return setups.told(store, STACK, run, 1000)


def test_each_batch_is_claimed_when_its_turn_comes(store):
    assert ask(store) == NAMES
    run, moved = claimed(store, Phase.MOVE)
    assert moved == {}
    assert run is not None
    _run, first = claimed(store, Phase.SET_UP, run, ["web1"])
    assert list(first) == ["web1"]
    assert claimed(store, Phase.SET_UP, run, ["web2"])[1] == {}
    command = begin(store, "web1", first["web1"])
    with store.transaction("shop") as transaction:
        transaction.finish_command(command, first["web1"].epoch, CommandStatus.SUCCESSFUL, NOW)
    assert claimed(store, Phase.SET_UP, run, ["web2"])[1] == {}, "web1 has its Deploy before it"
    outcomes.online(held(store, "web1", first["web1"]))
    assert list(claimed(store, Phase.SET_UP, run, ["web2"])[1]) == ["web2"]


def test_a_failure_ends_what_has_not_begun_and_the_run_names_both(store):
    ask(store)
    run, _moved = claimed(store, Phase.MOVE)
    _run, first = claimed(store, Phase.SET_UP, run, ["web1"])
    begin(store, "web1", first["web1"])
    outcomes.failed(held(store, "web1", first["web1"]), CAUSE)
    left = {item.instance for item in store.snapshot("shop").commands if item.status is CommandStatus.PENDING}
    assert not left & {"web2", "web3"}
    assert claimed(store, Phase.SET_UP, run, ["web2"])[1] == {}
    assert told(store, run) == (
        f"web1: its Setup failed: {CAUSE}\nweb2, web3: not set up because of that, and as before."
    )


def test_in_one_batch_nobody_stops_for_another(store):
    ask(store, batch="100%")
    run, moved = claimed(store, Phase.MOVE)
    assert set(moved) == {*NAMES}
    outcomes.failed(held(store, "web1", moved["web1"]), CAUSE)
    assert told(store, run) == ""


def test_what_is_left_to_others_is_said(store):
    ask(store)
    run, _moved = claimed(store, Phase.MOVE)
    claimed(store, Phase.SET_UP, run, ["web1"])
    assert told(store, run) == "web1, web2, web3: their Setup is not over; stackward converge goes on with it."


WIDER = replace(
    STACK,
    digest="2" * 64,
    layers={**STACK.layers, "extra": Layer("extra")},
    instances={name: Instance(name, ("web", "extra")) for name in NAMES},
)


def converge(store, phase=Phase.MOVE, run=None, names=None):
    scope = EVERYTHING if names is None else Scope(frozenset(names))
    done = claim(store, WIDER, scope, phase, Claimant(OWNER, "converge", run), text=lambda: "", now=NOW)
    return done.run, {item.move.instance: Hold(done.run, item.epoch, "anna") for item in done.claimed}


def carry_out(store, name, hold, failure=None):
    begin(store, name, hold)
    instance = HeldInstance(store, WIDER, name, hold, lambda: NOW)
    if failure is not None:
        outcomes.failed(instance, failure)
        return
    with store.transaction("shop") as transaction:
        command = next(item.id for item in transaction.state.commands if item.instance == name)
        transaction.finish_command(command, hold.epoch, CommandStatus.SUCCESSFUL, NOW)
    outcomes.online(instance)


def test_what_the_stack_file_brings_about_goes_in_batches_that_outlive_the_run(store):
    run, moved = converge(store)
    assert moved == {}
    for name in NAMES[:2]:
        [(claimed_one, hold)] = converge(store, Phase.SET_UP, run, [name])[1].items()
        assert claimed_one == name
        carry_out(store, name, hold)
    # The run dies here.
    run, moved = converge(store)
    assert moved == {}
    [(_name, hold)] = converge(store, Phase.SET_UP, run, ["web3"])[1].items()
    carry_out(store, "web3", hold)
    state = store.snapshot("shop")
    assert {record.layers for record in state.instances.values()} == {("web", "extra")}
    assert not [item for item in state.commands if item.event == "setup"]
    texts = [entry.text for entry in store.journal("shop", kinds=("request",)) if entry.instance == "web3"]
    assert texts == ["to run setup in batch 3 of 3: its layers were web and are web, extra now"]


def test_a_failure_of_what_the_stack_file_brings_about_leaves_the_others_until_it_is_mended(store):
    run, _moved = converge(store)
    [(_name, hold)] = converge(store, Phase.SET_UP, run, ["web1"])[1].items()
    carry_out(store, "web1", hold, CAUSE)
    assert told(store, run) == (
        f"web1: its Setup failed: {CAUSE}\nweb2, web3: not set up because of that, and as before."
    )
    for again in (run, None):
        assert converge(store, run=again)[1] == {}
        assert converge(store, Phase.SET_UP, run, ["web2"])[1] == {}
    configured = converge(store, Phase.CONFIGURE)[1]
    assert set(configured) == {"web2", "web3"}
    assert {store.snapshot("shop").instances[name].layers for name in configured} == {("web",)}
    with store.transaction("shop") as transaction:
        for name, hold in configured.items():
            transaction.release(name, hold.epoch)
    requests.request_event(store, WIDER, ["web1"], "setup", {}, reason="mended", actor="anna", now=NOW)
    run, moved = converge(store)
    carry_out(store, "web1", moved["web1"])
    converge(store, run=run)
    assert set(converge(store, Phase.SET_UP, run, ["web2"])[1]) == {"web2"}
