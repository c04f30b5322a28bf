"""Whether a machine's own system is waited for when it stops."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stackward.engine import machines
from stackward.engine.hold import HeldInstance, Hold
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.providers.base import Machine, MachineState
from stackward.state.records import MachineRecord, Request
from stackward.state.store import open_store
from tests.contract.state.examples import TO_ONLINE, advance, claimed_instance
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED = Request(Desired.STOPPED, Initiator.USER, "why", NOW)


class Stopping:
    """A provider that notes how it was told to stop."""

    capabilities = frozenset()

    def __init__(self):
        self.forced = []

    def stop(self, machine_id, *, force):
        self.forced.append(force)
        return Machine(machine_id, "shop", "web1", "t", MachineState.STOPPED)


@pytest.mark.parametrize(
    ("request_", "forced"),
    [
        (ASKED, False),
        (Request(Desired.STOPPED, Initiator.USER, "why", NOW, force=True), True),
        # One that healing restarts has failed.
        (Request(Desired.ONLINE, Initiator.AUTO_HEALING, "silent", NOW, Remedy.RESTART), True),
    ],
)
def test_it_is_waited_for_unless_it_has_failed_or_a_person_says_otherwise(tmp_path, request_, forced):
    provider = Stopping()
    with open_store(f"sqlite:///{tmp_path}/state.db") as store:
        run, epoch = claimed_instance(store)
        with store.transaction("shop") as transaction:
            transaction.request("web1", request_)
            transaction.set_machine("web1", epoch, MachineRecord("t", 1, {}, "m-1", "192.0.2.7"))
            advance(transaction, "web1", epoch, *TO_ONLINE, State.STOPPING, State.SHUTTING_DOWN)
        machines.stop(HeldInstance(store, small_stack(), "web1", Hold(run, epoch, "stop"), lambda: NOW), provider)
        assert provider.forced == [forced]
        assert store.snapshot("shop").instances["web1"].state is State.STOPPED
