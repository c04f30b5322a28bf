"""Letting go of a machine that somebody owns, whatever its power control says."""

from __future__ import annotations

from datetime import UTC, datetime

from stackward.definition.model import Instance, ProviderChoice
from stackward.engine import machines
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.reach import Reach
from stackward.lifecycle.states import State
from stackward.providers.static.provider import StaticProvider
from stackward.state.store import open_store
from tests.contract.providers.test_static import HOST_KEY
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
REACH = Reach(lambda: "ssh-ed25519 A", lambda *_: None, lambda *_: None, lambda *_: None)


def test_a_machine_whose_power_control_does_not_answer_is_deregistered(tmp_path):
    options = {"address": "192.0.2.93", "power": {"start": ["true"], "stop": ["true"]}}
    stack = small_stack({"box1": ("web",)}, data=str(tmp_path), apps=False, provider=ProviderChoice("static", options))
    assert stack.instances["box1"] == Instance("box1", ("web",))
    store = open_store(f"sqlite:///{tmp_path}/state.db")
    with store.transaction("shop") as transaction:
        transaction.put_instance("box1", ("web",), NOW)
        run = transaction.begin_run("register", "ctl", 1, 1.0, "anna", NOW)
        hold = Hold(run, transaction.claim("box1", run, "test", NOW, NOW).epoch, "test")
        transaction.advance("box1", hold.epoch, State.REGISTERING, NOW, actor="test", run=run)
    provider = StaticProvider(options, str(tmp_path), shown=lambda *_: (HOST_KEY,))
    held = HeldInstance(store, stack, "box1", hold, lambda: NOW)
    machines.register(held, provider, REACH)
    with store.transaction("shop") as transaction:
        for state in (State.REGISTERED, State.DEREGISTERING):
            transaction.advance("box1", hold.epoch, state, NOW, actor="test", run=run)
    broken = {**options, "power": {**options["power"], "status": ["false"]}}
    provider = StaticProvider(broken, str(tmp_path), shown=lambda *_: (HOST_KEY,))
    machines.terminate(held, provider, REACH)
    assert store.snapshot("shop").instances["box1"].machine is None
    assert StaticProvider(options, str(tmp_path)).describe("shop") == {}
    store.close()
