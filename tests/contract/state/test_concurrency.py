import os
import threading
from collections.abc import Callable

import pytest

from stackward.errors import StateError
from stackward.state.records import LogLine
from stackward.state.store import Store, open_store
from tests.contract.state.children import Gate, fork, kill, succeed
from tests.contract.state.examples import LATER, NOW, ask, begin_run, claim, claimed_instance


def test_processes_that_open_a_new_state_at_once_all_find_it_ready(new_url: Callable[[], str]):
    for _ in range(3):
        url, gate = new_url(), Gate()

        def open_and_write(url: str = url, gate: Gate = gate):
            gate.wait()
            with open_store(url) as store, store.transaction("shop") as transaction:
                transaction.bump_generation("here", "x", NOW)

        children = [fork(open_and_write) for _ in range(6)]
        gate.open(6)
        succeed(*children)
        with open_store(url) as store:
            assert store.snapshot("shop").generation == 6


def test_two_processes_never_lose_each_others_writes(url: str, store: Store):
    def increment():
        with open_store(url) as mine:
            for _ in range(40):
                with mine.transaction("shop") as transaction:
                    seen = transaction.state.generation
                    assert transaction.bump_generation("again", "x", NOW) == seen + 1

    succeed(fork(increment), fork(increment))
    assert store.snapshot("shop").generation == 80
    entries = store.journal("shop", limit=1000)
    assert [entry.data["generation"] for entry in entries] == list(range(1, 81))
    assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)


def test_of_two_runs_that_want_a_free_instance_one_gets_it(url: str, store: Store):
    with store.transaction("shop") as transaction:
        for number in range(20):
            transaction.put_instance(f"web{number}", ("web",), NOW)
    gate = Gate()

    def take():
        with open_store(url) as mine:
            gate.wait()
            with mine.transaction("shop") as transaction:
                run = begin_run(transaction)
            for number in range(20):
                with mine.transaction("shop") as transaction:
                    if f"web{number}" not in transaction.state.claims:
                        claim(transaction, f"web{number}", run)
                        transaction.note("taken", f"web{number}", actor="x", now=NOW, run=run)

    children = [fork(take) for _ in range(3)]
    gate.open(3)
    succeed(*children)
    state = store.snapshot("shop")
    assert {instance.epoch for instance in state.instances.values()} == {1}
    taken = {entry.text: entry.run for entry in store.journal("shop")}
    assert taken == {name: held.run for name, held in state.claims.items()}
    assert len(store.journal("shop")) == 20


def test_a_secret_that_two_processes_ask_for_is_the_same(url: str, store: Store):
    def ask_for_it():
        with open_store(url) as mine, mine.transaction("shop") as transaction:
            value = transaction.secret("x", "password", lambda: str(os.getpid()))
            transaction.note("secret", value, actor="x", now=NOW)

    succeed(*(fork(ask_for_it) for _ in range(4)))
    assert len({entry.text for entry in store.journal("shop")}) == 1


def test_a_writer_that_is_killed_leaves_no_trace_and_no_lock(url: str, store: Store):
    claimed_instance(store)
    before, written = store.snapshot("shop"), Gate()

    def write_and_wait():
        with open_store(url) as mine, mine.transaction("shop") as transaction:
            transaction.put_instance("web2", ("web",), NOW)
            transaction.bump_generation("never", "x", NOW)
            ask(transaction, "web1")
            written.open()
            Gate().wait()

    child = fork(write_and_wait)
    written.wait()
    kill(child)
    assert store.snapshot("shop") == before
    assert store.journal("shop") == ()
    with store.transaction("shop") as transaction:
        assert transaction.bump_generation("goes on", "x", NOW) == 1


def test_what_was_saved_outlives_a_process_that_is_killed_at_once_afterwards(url: str, store: Store):
    saved = Gate()

    def write():
        mine = open_store(url)
        with mine.transaction("shop") as transaction:
            transaction.put_instance("web1", ("web",), NOW)
        saved.open()
        Gate().wait()

    child = fork(write)
    saved.wait()
    kill(child)
    assert set(store.snapshot("shop").instances) == {"web1"}


def test_a_reader_is_not_held_up_by_a_writer_and_sees_what_was_before(url: str, store: Store):
    claimed_instance(store)
    with open_store(url, busy_timeout=0.1) as other, store.transaction("shop") as transaction:
        transaction.put_instance("web2", ("web",), NOW)
        assert set(other.snapshot("shop").instances) == {"web1"}
        assert other.journal("shop") == ()
        assert open_store(url, busy_timeout=0.1).stacks() == ("shop",)
    assert set(store.snapshot("shop").instances) == {"web1", "web2"}


def test_a_writer_waits_for_the_one_before(url: str, store: Store):
    order = []

    def second():
        with open_store(url) as other, other.transaction("shop") as transaction:
            order.append("second")
            transaction.note("second", str(transaction.state.generation), actor="x", now=NOW)

    thread = threading.Thread(target=second)
    with store.transaction("shop") as transaction:
        thread.start()
        transaction.bump_generation("first", "x", NOW)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert store.journal("shop", kinds=("second",))[0].text == "1"


WAITS = {
    "transaction": lambda store, run: store.transaction("shop").__enter__(),
    "renew": lambda store, run: store.renew("shop", run, LATER),
}


@pytest.mark.parametrize("write", WAITS.values(), ids=WAITS.keys())
def test_a_writer_that_waits_too_long_is_told_that_the_state_is_locked(url: str, store: Store, write: Callable):
    run, _ = claimed_instance(store)
    with open_store(url, busy_timeout=0.1) as other:
        with store.transaction("shop"), pytest.raises(StateError, match=r"is locked by another process.*Run again"):
            write(other, run)
        with other.transaction("shop") as transaction:
            transaction.bump_generation("works again", "x", NOW)


def test_a_log_is_written_beside_other_work(url: str, store: Store):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        number = ask(transaction, "web1").id

    def append():
        with open_store(url) as mine:
            for line in range(30):
                mine.append_log([LogLine(number, NOW, str(line), "ok", 0.0)])

    def renew():
        with open_store(url) as mine:
            for _ in range(30):
                mine.renew("shop", 1, LATER, {"web1": "x"})

    succeed(fork(append), fork(renew))
    assert [line.task for line in store.log(number)] == [str(line) for line in range(30)]


def test_a_forked_child_and_its_parent_use_the_same_store_side_by_side(store: Store):
    claimed_instance(store)

    def write():
        for _ in range(20):
            with store.transaction("shop") as transaction:
                transaction.bump_generation("again", "x", NOW)
            store.snapshot("shop")

    children = [fork(write), fork(write)]
    write()
    succeed(*children)
    assert store.snapshot("shop").generation == 60


def test_a_child_that_closes_the_store_leaves_its_parents_open(store: Store):
    with store.transaction("shop") as transaction:
        succeed(fork(store.close))
        transaction.bump_generation("still here", "x", NOW)
    assert store.snapshot("shop").generation == 1


def test_a_store_is_shared_by_threads(store: Store):
    def write():
        for _ in range(10):
            with store.transaction("shop") as transaction:
                transaction.bump_generation("again", "x", NOW)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.snapshot("shop").generation == 40


def test_a_closed_store_opens_again_when_it_is_used(store: Store):
    store.close()
    store.close()
    assert store.snapshot("shop").generation == 0
