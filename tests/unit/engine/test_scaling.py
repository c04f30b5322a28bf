"""What scaling asks for is written once, with who, why and for which window. 2026-03-02 is a Monday."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from stackward.engine import requests, scaling
from stackward.engine.process import owner
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.presentation.plan import claim_line
from stackward.state.store import open_store
from tests.unit.scaling.stacks import make, utc

STACK = make()
NOON, EVENING = utc("2026-03-02T12:00"), utc("2026-03-02T20:00")


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/state.db") as opened:
        yield opened


def scale(store, now, stack=STACK, only=None):
    return scaling.request_scaling(store, stack, only=only, actor="scale", now=now)


def become(store, name, *states, now):
    """A run moves the instance through these states, and what was asked for is done."""
    with store.transaction("shop") as write:
        run = write.begin_run("scale", "elsewhere", 1, 1.0, "test", now)
        epoch = write.claim(name, run, "scale#1", now, now + timedelta(minutes=1)).epoch
        for state in states:
            write.advance(name, epoch, state, now, actor="scale#1", run=run)
        write.clear_request(name, epoch)
        write.end_run(run, now)


STARTED = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)
HALTED = (State.STOPPING, State.STOPPED)


def test_a_start_is_requested_for_the_window_with_its_reason(store):
    [wish] = scale(store, NOON).asks
    request = store.snapshot("shop").instances["web2"].request
    assert (request.desired, request.initiator, request.at) == (Desired.ONLINE, Initiator.AUTO_SCALING, NOON)
    assert request.reason == wish.reason == "wanted Mon 2026-03-02 08:00 to 20:00 (UTC), by its schedule"
    [entry] = store.journal("shop")
    assert (entry.kind, entry.actor, entry.instance) == ("request", "scale", "web2")
    assert entry.data == {
        "desired": "online",
        "initiated_by": "auto-scaling",
        "opening": "2026-03-02T08:00:00+00:00",
    }


def test_a_look_again_asks_for_nothing_and_writes_nothing(store):
    scale(store, NOON)
    before = store.journal("shop")
    again = scale(store, NOON + timedelta(minutes=1))
    assert again.asks == ()
    assert again.pending == ("web2",)
    assert store.journal("shop") == before


def test_a_look_without_anything_to_do_begins_no_write(store, monkeypatch):
    monkeypatch.setattr(store, "transaction", None)
    assert scale(store, utc("2026-03-01T12:00")).asks == ()
    assert store.stacks() == ()


def test_looks_at_the_same_time_ask_once(store):
    with ThreadPoolExecutor(8) as pool:
        decisions = list(pool.map(lambda _: scale(store, NOON), range(8)))
    assert sum(len(decision.asks) for decision in decisions) == 1
    assert len(store.journal("shop")) == 1


def test_the_end_of_the_window_stops_it(store):
    scale(store, NOON)
    become(store, "web2", *STARTED, now=NOON)
    assert scale(store, EVENING - timedelta(seconds=1)).asks == ()
    [wish] = scale(store, EVENING).asks
    assert (wish.desired, wish.reason) == (
        Desired.STOPPED, "not wanted until Tue 2026-03-03 08:00 (UTC), by its schedule"
    )  # fmt: skip


def test_a_persons_stop_holds_until_the_window_ends_and_the_next_opens(store):
    scale(store, NOON)
    become(store, "web2", *STARTED, now=NOON)
    requests.request_state(
        store, STACK, ["web2"], Desired.STOPPED, initiator=Initiator.USER, reason="test", actor="anna",
        now=NOON + timedelta(minutes=5),
    )  # fmt: skip
    assert scale(store, NOON + timedelta(minutes=6)).asks == ()
    become(store, "web2", *HALTED, now=NOON + timedelta(minutes=7))
    for later in (NOON + timedelta(minutes=8), EVENING, utc("2026-03-03T07:00")):
        assert scale(store, later).asks == ()
    assert [wish.desired for wish in scale(store, utc("2026-03-03T08:00")).asks] == [Desired.ONLINE]


def test_a_persons_start_outside_of_windows_holds_until_one_ends(store):
    night = utc("2026-03-02T22:00")
    requests.request_state(
        store, STACK, ["web1", "web2"], Desired.ONLINE, initiator=Initiator.USER, reason="x", actor="anna", now=night
    )
    become(store, "web2", *STARTED, now=night)
    for later in (night, utc("2026-03-03T07:00"), utc("2026-03-03T12:00")):
        assert scale(store, later).asks == ()
    assert [wish.desired for wish in scale(store, utc("2026-03-03T20:00")).asks] == [Desired.STOPPED]


def test_instances_that_are_not_time_based_are_never_asked_for(store):
    requests.request_state(
        store, STACK, ["web1"], Desired.ONLINE, initiator=Initiator.USER, reason="x", actor="anna", now=NOON
    )
    become(store, "web1", *STARTED, now=NOON)
    for hour in range(24 * 8):
        assert "web1" not in {wish.instance for wish in scale(store, NOON + timedelta(hours=hour)).asks}


def test_only_those_named_are_asked_for(store):
    stack = make(capacity=[(1, {"daily": "00:00-24:00"})], others=["web3"])
    assert [wish.instance for wish in scale(store, NOON, stack, only=["web3"]).asks] == ["web3"]
    assert [wish.instance for wish in scale(store, NOON, stack).asks] == ["web2"]


def test_measured_starts_of_the_layer_move_the_start_forward(store):
    began = utc("2026-03-01T12:00")
    requests.request_state(
        store, STACK, ["web1"], Desired.ONLINE, initiator=Initiator.USER, reason="x", actor="anna", now=began
    )
    become(store, "web1", State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, now=began)
    become(store, "web1", State.ONLINE, now=began + timedelta(seconds=250))
    assert scaling.preview(store, STACK, began).outlooks["web2"].ahead == 300
    assert scale(store, utc("2026-03-02T07:54:59")).asks == ()
    assert len(scale(store, utc("2026-03-02T07:55")).asks) == 1


def test_what_a_living_run_holds_is_left_to_it(store):
    decision = scale(store, NOON)
    assert scaling.movable(decision, store.snapshot("shop"), NOON) == ("web2",)
    with store.transaction("shop") as write:
        run = write.begin_run("scale", "elsewhere", 1, 1.0, "test", NOON)
        write.claim("web2", run, "scale#1", NOON, NOON + timedelta(minutes=1))
    again = scale(store, NOON)
    assert scaling.movable(again, store.snapshot("shop"), NOON) == ()
    (claim,) = scaling.moved_by_others(again, store.snapshot("shop"), NOON)
    assert claim_line(STACK, claim) == "shop: web2: held by scale#1 until 12:01:00 UTC"
    assert scaling.movable(again, store.snapshot("shop"), NOON + timedelta(minutes=2)) == ("web2",)


def test_what_a_dead_run_has_left_is_moved_on(store):
    decision = scale(store, NOON)
    here = owner(1).host
    with store.transaction("shop") as write:
        run = write.begin_run("scale", here, 2**22 + 1, 1.0, "test", NOON)
        write.claim("web2", run, "scale#1", NOON, NOON + timedelta(minutes=1))
    assert scaling.movable(decision, store.snapshot("shop"), NOON) == ("web2",)
