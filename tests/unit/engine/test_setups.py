"""Where a Setup that goes in its batch fails, those after it are left as they are, and the run says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stackward.engine import outcomes, requests, setups
from stackward.engine.claiming import Phase, claim
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.process import Owner
from stackward.lifecycle.states import State
from stackward.planner import Scope
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
    done = claim(
        store, STACK, lambda: "", Scope(frozenset(names)), phase, OWNER, kind="setup", run=run, now=NOW
    )  # fmt: skip
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
