"""What is seen belongs to the life of the instance in which it was looked at."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.model import Healing, Layer
from stackward.engine import healing
from stackward.healing.sight import Glance
from stackward.lifecycle.health import Answer, Witness
from stackward.lifecycle.states import State
from stackward.state.records import MachineRecord, Pause
from stackward.state.store import open_store
from tests.stacks import small_stack

BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
UP = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)


class Fleet:
    """A stack whose instances are moved by others while healing looks at them."""

    def __init__(self, store):
        self.stack, self.store, self.now = small_stack(apps=False), store, BEGIN
        for name in self.stack.instances:
            self.online(name, "first")

    def online(self, name, machine, *, fail=""):
        with self.store.transaction("shop") as transaction:
            transaction.put_instance(name, self.stack.instances[name].layers, self.now)
            run = transaction.begin_run("start", "ctl", 1, 1.0, "anna", self.now)
            claim = transaction.claim(name, run, "start", self.now, self.now)
            if fail:
                transaction.advance(name, claim.epoch, State.CONNECTION_LOST, self.now, failure=fail, actor="heal")
            transaction.set_machine(name, claim.epoch, MachineRecord(machine, 1, {}, machine, "192.0.2.7"))
            for state in UP:
                transaction.advance(name, claim.epoch, state, self.now, actor="anna")
            transaction.release(name, claim.epoch)
            transaction.end_run(run, self.now)

    def look(self, meanwhile=lambda: None):
        """One look: web1's machine is gone. `meanwhile` happens before the witnesses have all answered."""

        def seen(_state, names, _checks):
            meanwhile()
            self.now += timedelta(seconds=20)
            gone = [
                Glance("web1", Witness.SSH, Answer.SILENT, "no answer"),
                Glance("web1", Witness.PROVIDER, Answer.GONE, "the provider knows no machine first"),
            ]
            return [*gone, *(Glance(name, Witness.SSH, Answer.ALIVE) for name in names if name != "web1")]

        sightings = healing.health_check(self.store, self.stack, seen, lambda: self.now)
        return healing.request_healing(self.store, self.stack, sightings, actor="heal", now=self.now)


@pytest.fixture
def fleet(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/state.db") as store:
        yield Fleet(store)


def test_a_machine_that_is_gone_is_replaced(fleet):
    assert [heal.instance for heal in fleet.look().heals] == ["web1"]


def test_what_was_seen_of_a_machine_says_nothing_of_the_one_that_took_its_place_meanwhile(fleet):
    def replaced():
        fleet.now += timedelta(seconds=1)
        fleet.online("web1", "second", fail="its machine was gone")

    decision = fleet.look(replaced)
    assert (decision.marks, decision.heals) == ((), ())
    assert fleet.store.snapshot("shop").instances["web1"].state is State.ONLINE
    assert not [item for item in fleet.store.sightings("shop") if item.instance == "web1"]


def test_nor_of_the_one_that_came_between_the_look_and_the_decision(fleet):
    def seen(_state, names, _checks):
        return [
            Glance("web1", Witness.SSH, Answer.SILENT, "no answer"),
            Glance("web1", Witness.PROVIDER, Answer.GONE, "the provider knows no machine first"),
            *(Glance(name, Witness.SSH, Answer.ALIVE) for name in names if name != "web1"),
        ]

    sightings = healing.health_check(fleet.store, fleet.stack, seen, lambda: fleet.now)
    fleet.now += timedelta(seconds=1)
    fleet.online("web1", "second", fail="its machine was gone")
    decision = healing.request_healing(fleet.store, fleet.stack, sightings, actor="heal", now=fleet.now)
    assert (decision.marks, decision.heals) == ((), ())


def test_an_instance_that_came_online_by_a_clock_that_was_put_back_since_is_watched_all_the_same(fleet):
    def seen(_state, names, _checks):
        silent = [Glance("web1", witness, Answer.SILENT, "no answer") for witness in (Witness.SSH, Witness.PEER)]
        return [*silent, *(Glance(name, Witness.SSH, Answer.ALIVE) for name in names if name != "web1")]

    fleet.now -= timedelta(hours=1)
    healed = []
    for _ in range(7):
        sightings = healing.health_check(fleet.store, fleet.stack, seen, lambda: fleet.now)
        healed += healing.request_healing(fleet.store, fleet.stack, sightings, actor="heal", now=fleet.now).heals
        fleet.now += timedelta(minutes=1)
    assert [heal.instance for heal in healed] == ["web1"]


def test_what_is_withheld_is_written_down_once_however_the_witnesses_put_it(fleet):
    """A failed instance may wait for a weekend: each note has the whole fleet with it."""
    words = itertools.cycle(["no answer within 5 s", "No route to host", "Connection refused"])
    peers = itertools.cycle(["db1 and lb1", "lb1"])

    def seen(_state, names, _checks):
        return [
            Glance("web1", Witness.SSH, Answer.SILENT, next(words)),
            Glance("web1", Witness.PEER, Answer.SILENT, f"{next(peers)} cannot reach it either"),
            *(Glance(name, Witness.SSH, Answer.ALIVE) for name in names if name != "web1"),
        ]

    with fleet.store.transaction("shop") as transaction:
        transaction.pause(Pause("healing", "a weekend", "anna", fleet.now))

    def look():
        fleet.now += timedelta(minutes=1)
        sightings = healing.health_check(fleet.store, fleet.stack, seen, lambda: fleet.now)
        decision = healing.request_healing(fleet.store, fleet.stack, sightings, actor="heal", now=fleet.now)
        healing.note_withheld(fleet.store, fleet.stack, sightings, decision, actor="heal", now=fleet.now)

    def noted():
        return [entry.text for entry in fleet.store.journal("shop", kinds=("healing-withheld",))]

    for _ in range(20):
        look()
    assert len(noted()) == 1
    with fleet.store.transaction("shop") as transaction:
        transaction.pause(Pause("healing", "another reason", "anna", fleet.now))
    look()
    assert [text.endswith("another reason") for text in noted()] == [False, True]


LEFT = (
    "terminating",
    "shutting_down",
    "terminated",
    "requested",
    "pending",
    "booting",
    "running_setup",
    "setup_failed",
)
"""The states that a replacement goes through which does not help."""


@pytest.mark.parametrize("tries", [1, 5, 20])
def test_every_try_is_counted_however_many_the_stack_file_allows(fleet, tries):
    """What each leaves in the journal is how they are counted: where some were overlooked, there would be no end."""
    layers = {name: Layer(name, healing=Healing(tries=tries)) for name in fleet.stack.layers}
    stack = replace(fleet.stack, layers=layers)
    now = BEGIN
    with fleet.store.transaction("shop") as transaction:
        for _ in range(tries):
            now += timedelta(minutes=5)
            transaction.note("heal", "replace", actor="heal", now=now, instance="web1", data={"remedy": "replace"})
            asked = {"desired": "online", "initiated_by": "auto-healing"}
            transaction.note("request", "replace", actor="heal", now=now, instance="web1", data=asked)
            for state in LEFT:
                transaction.note("state", state, actor="heal", now=now, instance="web1", data={"to": state})
                transaction.note("decision", "start", actor="heal", now=now, instance="web1")
    seen = healing.preview(fleet.store, stack, (), now)
    assert len(seen.inputs.tried["web1"]) == tries
