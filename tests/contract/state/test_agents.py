from datetime import timedelta

import pytest

from stackward.errors import StateError
from stackward.lifecycle.states import State
from stackward.state.heartbeats import Fate, Heartbeat, hashed
from stackward.state.records import AgentRecord, Listener
from stackward.state.store import Store
from tests.contract.state.examples import NOW, TO_ONLINE, advance, claimed_instance

OLD, NEW = hashed("old"), hashed("new")


def known(store: Store, *names: str):
    with store.transaction("shop") as transaction:
        for name in names:
            transaction.put_instance(name, ("web",), NOW)


def beat(token=OLD, instance="shop/web1", number=1, **changes):
    return Heartbeat(token, instance, number, '{"cpu": 3.5}', **changes)


def test_an_agent_is_known_by_the_hash_of_its_newest_token_only(store: Store):
    known(store, "web1")
    with store.transaction("shop") as transaction:
        transaction.issue_token("web1", OLD, NOW)
    assert store.agents("shop") == {"web1": AgentRecord("web1", NOW)}
    assert [taken.fate for taken in store.take_heartbeats([beat()], NOW)] == [Fate.TAKEN]
    with store.transaction("shop") as transaction:
        transaction.issue_token("web1", NEW, NOW)
        assert transaction.agents() == {"web1": AgentRecord("web1", NOW)}
    fates = [taken.fate for taken in store.take_heartbeats([beat(), beat(NEW)], NOW)]
    assert fates == [Fate.UNKNOWN, Fate.TAKEN]


def test_what_was_said_last_is_kept_and_what_is_refused_changes_nothing(store: Store):
    known(store, "web1", "web2")
    with store.transaction("shop") as transaction:
        transaction.issue_token("web1", OLD, NOW)
        transaction.issue_token("web2", NEW, NOW)
    later = NOW + timedelta(seconds=20)
    assert store.take_heartbeats([beat(number=5)], NOW)[0].fate is Fate.TAKEN
    answers = store.take_heartbeats(
        [
            beat(number=5),
            beat(number=4),
            beat(number=6, soonest=30),
            beat(number=6, instance="shop/web2"),
            beat(number=6, instance="other/web1"),
            beat(number=7, soonest=10),
            beat(number=8, soonest=10),
        ],
        later,
    )
    assert [answer.fate for answer in answers] == [
        Fate.REPLAYED,
        Fate.REPLAYED,
        Fate.TOO_SOON,
        Fate.FOREIGN,
        Fate.FOREIGN,
        Fate.TAKEN,
        Fate.TOO_SOON,
    ]
    assert answers[0].number == 5
    assert store.agents("shop") == {
        "web1": AgentRecord("web1", NOW, 7, later, {"cpu": 3.5}),
        "web2": AgentRecord("web2", NOW),
    }


def test_a_taker_goes_on_after_an_error(store: Store):
    known(store, "web1")
    with store.transaction("shop") as transaction:
        transaction.issue_token("web1", OLD, NOW)
    taker = store.heartbeat_taker()
    assert taker.take([beat(number=1)], NOW)[0].fate is Fate.TAKEN
    with pytest.raises((StateError, OverflowError)):
        taker.take([beat(number=2**70)], NOW)
    assert taker.take([beat(number=2)], NOW)[0].fate is Fate.TAKEN
    assert store.agents("shop")["web1"].number == 2
    taker.close()


def test_an_agent_goes_with_its_instance(store: Store):
    _run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        transaction.issue_token("web1", OLD, NOW)
        advance(transaction, "web1", epoch, *TO_ONLINE, State.TERMINATING, State.TERMINATED)
        transaction.forget_instance("web1", epoch, NOW)
    assert store.agents("shop") == {}
    assert store.take_heartbeats([beat()], NOW)[0].fate is Fate.UNKNOWN


def test_a_token_can_be_revoked(store: Store):
    known(store, "web1")
    with store.transaction("shop") as transaction:
        transaction.issue_token("web1", OLD, NOW)
        assert transaction.revoke_token("web1")
        assert not transaction.revoke_token("web1")
    assert store.take_heartbeats([beat()], NOW)[0].fate is Fate.UNKNOWN


def test_who_listens_is_known_until_it_ends(store: Store):
    mine = Listener("ctl:8470", NOW, NOW + timedelta(seconds=10))
    with store.transaction("shop") as transaction:
        transaction.listen(Listener("ctl:8470", NOW, NOW))
        transaction.listen(mine)
        transaction.listen(Listener("other:8470", NOW, NOW))
    assert set(store.listeners("shop")) == {mine, Listener("other:8470", NOW, NOW)}
    with store.transaction("shop") as transaction:
        transaction.stop_listening("other:8470")
    assert store.listeners("shop") == (mine,)


def test_a_stack_that_is_forgotten_leaves_no_agents(store: Store):
    known(store, "web1")
    with store.transaction("shop") as transaction:
        transaction.issue_token("web1", OLD, NOW)
        transaction.listen(Listener("ctl:8470", NOW, NOW))
        transaction.forget_stack()
    assert (store.agents("shop"), store.listeners("shop"), store.stacks()) == ({}, (), ())
