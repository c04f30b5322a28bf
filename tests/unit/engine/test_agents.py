from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackward.agent import program
from stackward.definition.model import Controller
from stackward.engine import agents, authority, collecting, machines
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.reach import Reach
from stackward.errors import StackwardError
from stackward.lifecycle.states import State
from stackward.providers.base import Machine, MachineState
from stackward.state.heartbeats import Heartbeat, hashed
from stackward.state.store import open_store
from tests.contract.state.examples import MACHINE, TO_ONLINE, advance, claimed_instance
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAIN = Controller("ctl", 8470, tls=False)


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/state.db") as opened:
        with opened.transaction("shop") as transaction:
            transaction.put_instance("web1", ("web",), NOW)
        yield opened


def renewed(store, event, stack=None, **arguments):
    with store.transaction("shop") as transaction:
        return agents.renewed(transaction, stack or small_stack(controller=PLAIN), "web1", event, arguments, NOW)


def heard(store, token):
    return store.take_heartbeats([Heartbeat(hashed(token), "shop/web1", 1)], NOW)


def test_each_setup_gives_a_new_token_of_which_the_state_keeps_a_hash(store):
    first, second = renewed(store, "setup"), renewed(store, "setup")
    assert first.token != second.token
    assert len(second.token) > 40
    assert heard(store, first.token)[0].fate.value == "unknown token"
    assert heard(store, second.token)[0].fate.value == "taken"
    assert second.token not in repr(second)


class Gone:
    """A provider whose machines are removed at a word."""

    capabilities = frozenset()

    def __init__(self):
        self.ids = {MACHINE.id}

    def describe(self, _stack):
        return dict.fromkeys(self.ids, Machine("", "", "", "", MachineState.RUNNING))

    def terminate(self, machine_id):
        self.ids.discard(machine_id)


def test_the_token_of_a_terminated_instance_is_nobodys(store):
    token = renewed(store, "setup").token
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        transaction.set_machine("web1", epoch, MACHINE)
        advance(transaction, "web1", epoch, *TO_ONLINE, State.TERMINATING)
    assert heard(store, token)[0].fate.value == "taken"
    nothing = Reach(lambda: "", lambda *_: None, lambda *_: None, lambda *_: None)
    stack = small_stack(controller=PLAIN)
    machines.terminate(HeldInstance(store, stack, "web1", Hold(run, epoch, "converge"), lambda: NOW), Gone(), nothing)
    again = store.take_heartbeats([Heartbeat(hashed(token), "shop/web1", 2)], NOW)
    assert again[0].fate.value == "unknown token"
    assert store.agents("shop") == {}


def test_a_configure_gives_one_until_it_was_used_and_where_a_new_one_is_asked_for(store):
    given = renewed(store, "configure")
    assert renewed(store, "configure").token not in (None, given.token)
    heard(store, token := renewed(store, "configure").token)
    assert renewed(store, "configure") == agents.Pass(known=True)
    assert renewed(store, "configure", restart_agent=True).token not in (None, token)


@pytest.mark.parametrize("event", ["deploy", "undeploy", "shutdown", "run_recipes"])
def test_other_events_give_none(store, event):
    assert renewed(store, event) == agents.Pass()


def test_a_stack_without_a_controller_has_no_agents_and_takes_those_away_that_there_were(store):
    without = small_stack()
    assert renewed(store, "setup", without) == agents.Pass()
    assert agents.arranged(without, agents.Pass()) is None
    renewed(store, "setup")
    its = renewed(store, "setup", without)
    assert agents.arranged(without, its).controller is None


def test_what_goes_to_the_instance_is_the_program_itself(store):
    its = agents.arranged(small_stack(controller=PLAIN), renewed(store, "setup"))
    assert its.program == Path(program.__file__).read_text()
    assert its.authority == ""


def test_an_authority_of_ones_own_is_made_once(tmp_path):
    controller = replace(PLAIN, tls=True, authority=str(tmp_path / "controller" / "authority.pem"))
    first = agents.arranged(small_stack(controller=controller), agents.Pass())
    assert first.authority == agents.arranged(small_stack(controller=controller), agents.Pass()).authority
    assert (tmp_path / "controller" / "authority.key").stat().st_mode & 0o777 == 0o600


def test_an_authority_that_is_not_there_is_said(tmp_path):
    controller = replace(PLAIN, tls=True, authority=str(tmp_path / "none.pem"), made=False)
    with pytest.raises(StackwardError, match=r"controller\.authority"):
        agents.arranged(small_stack(controller=controller), agents.Pass())


def test_a_server_certificate_is_kept_until_its_names_change_or_it_ends(tmp_path):
    path = tmp_path / "authority.pem"
    chain, _key = authority.server(path, ("ctl", "192.0.2.1"), NOW)
    first = chain.read_text()
    authority.server(path, ("ctl", "192.0.2.1"), NOW)
    assert chain.read_text() == first
    authority.server(path, ("other",), NOW)
    assert chain.read_text() != first


def test_vitals_of_lately_become_measurements(store):
    token = renewed(store, "setup").token
    said = '{"cpu": 12.5, "memory": null, "load": 0.5, "disk": 27, "agent": "1"}'
    store.take_heartbeats([Heartbeat(hashed(token), "shop/web1", 1, said)], NOW)
    known = store.agents("shop").values()
    found = {(item.metric, item.value, item.source) for item in agents.samples(known, NOW - timedelta(seconds=75))}
    assert found == {("cpu", 12.5, "agent"), ("load", 0.5, "agent"), ("disk", 27.0, "agent")}
    assert agents.samples(known, NOW + timedelta(seconds=1)) == ()


def test_what_agents_say_is_kept_once_a_minute_and_nobody_asks_them_over_ssh(store):
    stack = small_stack(controller=PLAIN)
    token = renewed(store, "setup").token
    for number in range(3):
        now = NOW + timedelta(seconds=30 * number)
        store.take_heartbeats(
            [Heartbeat(hashed(token), "shop/web1", number, '{"cpu": 1, "memory": 2, "load": 3}')], now
        )
        assert collecting.collect(store, stack, None, lambda now=now: now) == {}
    kept = store.samples("shop", NOW - timedelta(minutes=1), NOW + timedelta(minutes=5), metrics=["cpu"])
    assert [(item.subject, item.at) for item in kept] == [("web1", NOW), ("web1", NOW + timedelta(seconds=60))]
    assert collecting.question(store, stack, "ssh", NOW + timedelta(seconds=61)).told == {"web1"}
