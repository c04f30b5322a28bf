from datetime import timedelta

from stackward.state.records import Maintenance
from stackward.state.store import Store
from tests.contract.state.examples import LATER, NOW


def taken(name: str = "web1", **changes) -> Maintenance:
    return Maintenance(**{"instance": name, "why": "new disk", "actor": "anna", "since": NOW, "until": None, **changes})


def test_an_instance_that_was_taken_aside_stays_so_until_it_is_given_back(store: Store):
    with store.transaction("shop") as transaction:
        transaction.take_aside(taken())
        transaction.take_aside(taken("web2", until=LATER))
        assert set(transaction.state.maintenance) == {"web1", "web2"}
    assert store.snapshot("shop").maintenance == {"web1": taken(), "web2": taken("web2", until=LATER)}
    with store.transaction("shop") as transaction:
        assert transaction.give_back("web1")
        assert not transaction.give_back("web1")
    assert set(store.snapshot("shop").maintenance) == {"web2"}


def test_the_newest_word_counts(store: Store):
    with store.transaction("shop") as transaction:
        transaction.take_aside(taken())
        transaction.take_aside(taken(why="longer", until=LATER))
    assert store.snapshot("shop").maintenance == {"web1": taken(why="longer", until=LATER)}


def test_it_lasts_until_its_end():
    assert taken().lasts(LATER)
    assert taken(until=LATER).lasts(LATER - timedelta(seconds=1))
    assert not taken(until=LATER).lasts(LATER)


def test_an_instance_that_is_forgotten_is_not_aside_any_more(store: Store):
    with store.transaction("shop") as transaction:
        transaction.put_instance("web1", ("web",), NOW)
        transaction.take_aside(taken())
        transaction.forget_instance("web1", 0, NOW)
    assert store.snapshot("shop").maintenance == {}


def test_a_stack_that_is_forgotten_leaves_nothing(store: Store):
    with store.transaction("shop") as transaction:
        transaction.take_aside(taken())
        transaction.forget_stack()
    assert store.stacks() == ()
