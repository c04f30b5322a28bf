"""What the engine waits for when a machine reboots."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stackward.engine import machines
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.reach import Reach
from stackward.lifecycle.states import State
from stackward.providers.base import Machine, MachineState
from stackward.state.records import MachineRecord
from stackward.state.store import open_store
from tests.contract.state.examples import TO_ONLINE, advance, claimed_instance
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MACHINE = MachineRecord("t", 1, {}, "m-1", "192.0.2.7")


@pytest.fixture
def store(tmp_path):
    made = open_store(f"sqlite:///{tmp_path}/state.db")
    yield made
    made.close()


class Restarting:
    """A provider that says yes to a reboot at once."""

    capabilities = frozenset()

    def __init__(self, events):
        self.events = events

    def reboot(self, _machine_id):
        self.events.append("told to reboot")
        return Machine("m-1", "shop", "web1", "t", MachineState.RUNNING, "192.0.2.7", host_keys=("ssh-ed25519 A",))


def rebooted(store, *states, events, mark="one"):
    """A run that has brought web1 through these states reboots its machine."""
    reach = Reach(
        lambda: "",
        lambda *_: None,
        lambda *_: None,
        lambda *_: events.append("answers over SSH"),
        boot=lambda _its, _machine: mark,
        rebooted=lambda _name, _its, _machine, before, _within: events.append(f"in another boot than {before}"),
    )
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        transaction.set_machine("web1", epoch, MACHINE)
        advance(transaction, "web1", epoch, *states)
    held = HeldInstance(store, small_stack(), "web1", Hold(run, epoch, "reboot"), lambda: NOW)
    machines.reboot(held, Restarting(events), reach)


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("one", ["told to reboot", "in another boot than one", "answers over SSH"]),
        # A machine that hangs does not say in which boot it is; it answers once it has rebooted.
        ("", ["told to reboot", "answers over SSH"]),
    ],
)
def test_a_reboot_is_over_once_the_machine_is_in_another_boot(store, mark, expected):
    events: list[str] = []
    rebooted(store, *TO_ONLINE, State.REBOOTING, events=events, mark=mark)
    assert events == expected
    state = store.snapshot("shop")
    assert state.instances["web1"].state is State.ONLINE
    assert not state.claims


@pytest.mark.parametrize("state", [State.ONLINE, State.RUNNING_SETUP])
def test_a_recipe_that_reboots_goes_on_with_the_instance_as_it_was(store, state):
    """It is drained still: were it free, another run could take it, or another one beside it."""
    rebooted(store, *TO_ONLINE[: TO_ONLINE.index(state) + 1], events=[])
    found = store.snapshot("shop")
    assert found.instances["web1"].state is state
    assert "web1" in found.claims
