"""A key that is made anew lets nobody in where the machines know another one, and that is said."""

from __future__ import annotations

import pytest
from ansible.utils.display import Display
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward import ssh
from stackward.state.records import MachineRecord
from tests.contract.state.examples import NOW, begin_run, claim
from tests.stacks import small_stack

pytestmark = pytest.mark.ansible


@pytest.fixture
def stack(tmp_path):
    return small_stack(data=str(tmp_path), state=f"sqlite:///{tmp_path}/state.db")


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(Display, "warning", lambda _self, text, **_others: said.append(text))
    return said


def made(stack, machine_id):
    with session.store_of(stack).transaction(stack.name) as transaction:
        transaction.put_instance("web1", ("web",), NOW)
        held = claim(transaction, "web1", begin_run(transaction))
        transaction.set_machine("web1", held.epoch, MachineRecord("token", 1, {}, machine_id))


def test_a_key_that_is_made_while_machines_are_there_is_told(stack, warnings):
    made(stack, "machine")
    key = session.reach(stack).public_key()
    assert "web1 let in only the old one" in warnings[0]
    assert session.reach(stack).public_key() == key == ssh.public_key(stack.data)
    assert len(warnings) == 1


def test_the_first_key_of_a_stack_is_made_without_a_word(stack, warnings):
    made(stack, None)
    assert session.reach(stack).public_key()
    assert warnings == []
