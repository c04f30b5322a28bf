"""What is lost in one batch of Setups is recorded before the next one, which is not begun then."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.stackward.ops.plugins.action import claim
from ansible_collections.stackward.ops.plugins.plugin_utils import look, session

from stackward.engine import process, requests
from stackward.engine.phases import Phase
from stackward.lifecycle.states import State
from stackward.state.store import open_store
from tests.stacks import small_stack

pytestmark = pytest.mark.ansible

NAMES = ("web1", "web2")


def test_an_instance_that_is_lost_without_a_word_ends_the_batches_after_its_own(tmp_path, monkeypatch):
    now = datetime.now(UTC)
    stack = small_stack(dict.fromkeys(NAMES, ("web",)), data=str(tmp_path), apps=False)
    with open_store(f"sqlite:///{tmp_path}/state.db") as store:
        monkeypatch.setattr(session, "store_of", lambda _stack: store)
        owner = process.owner(os.getppid())
        with store.transaction("shop") as transaction:
            run = transaction.begin_run("setup", owner.host, owner.process, owner.started, "anna", now)
            transaction.adopt_definition(stack.digest, "anna", now, run)
            for name in NAMES:
                transaction.put_instance(name, ("web",), now)
                epoch = transaction.claim(name, run, "anna", now, now + timedelta(minutes=1)).epoch
                for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE):
                    transaction.advance(name, epoch, state, now, actor="anna")
                transaction.release(name, epoch)
        requests.request_event(store, stack, NAMES, "setup", {}, reason="why", actor="anna", now=now)
        with store.transaction("shop") as transaction:
            epoch = transaction.claim("web1", run, "anna", now, now + timedelta(minutes=1)).epoch
            transaction.advance("web1", epoch, State.RUNNING_SETUP, now, actor="anna", run=run)
            command = next(item.id for item in transaction.state.commands if item.instance == "web1")
            transaction.begin_command(command, epoch, run, now)
        asked = look.Look(
            stacks={"shop": stack}, kind="setup", owner=owner, scope={"shop": ["web2"]}, begun={"shop": run}
        )
        found = look.Found({"shop": run}, {}, [])
        claim.PHASES[Phase.SET_UP](asked, found)
        state = store.snapshot("shop")
    assert found.instances == {}
    assert state.instances["web1"].state is State.SETUP_FAILED
    assert state.instances["web2"].state is State.ONLINE
    assert [item.instance for item in state.commands if not item.status.finished] == []
