from collections.abc import Callable
from typing import Any

import pytest

from stackward.errors import StaleEpochError, StateError
from stackward.lifecycle.states import State
from stackward.state.records import AppRelease, Claim, CommandStatus
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction
from tests.contract.state.examples import LATER, MACHINE, NOW, ask, begin_run, claim, claimed_instance


def test_a_claim_names_the_run_its_process_and_a_new_epoch(store: Store):
    with store.transaction("shop") as transaction:
        transaction.put_instance("web1", ("web",), NOW)
        run = begin_run(transaction)
        taken = claim(transaction, "web1", run)
    assert taken == Claim(
        "web1", run, f"converge#{run} on ctl-1", "ctl-1", 4711, 12.5, epoch=1, since=NOW, expires=LATER, doing=""
    )
    state = store.snapshot("shop")
    assert state.claims == {"web1": taken}
    assert state.instances["web1"].epoch == 1


def test_a_claim_replaces_the_one_before_under_the_next_epoch(store: Store):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        second = claim(transaction, "web1", begin_run(transaction))
    assert second.epoch == 2
    assert store.snapshot("shop").claims == {"web1": second}


def test_an_unknown_instance_cannot_be_claimed(store: Store):
    with pytest.raises(StateError, match="web9"), store.transaction("shop") as transaction:
        claim(transaction, "web9", begin_run(transaction))


def test_the_epoch_goes_on_after_a_release(store: Store):
    _, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        transaction.release("web1", epoch)
        assert transaction.state.claims == {}
        assert claim(transaction, "web1", begin_run(transaction)).epoch == epoch + 1


WRITES: dict[str, Callable[[StackTransaction, int, int, int], Any]] = {
    "forget_instance": lambda t, epoch, run, command: t.forget_instance("web1", epoch),
    "clear_request": lambda t, epoch, run, command: t.clear_request("web1", epoch),
    "release": lambda t, epoch, run, command: t.release("web1", epoch),
    "advance": lambda t, epoch, run, command: t.advance("web1", epoch, State.REQUESTED, NOW, actor="x"),
    "advance to itself": lambda t, epoch, run, command: t.advance("web1", epoch, State.STOPPED, NOW, actor="x"),
    "set_machine": lambda t, epoch, run, command: t.set_machine("web1", epoch, MACHINE),
    "configured": lambda t, epoch, run, command: t.configured("web1", epoch, 3),
    "begin_command": lambda t, epoch, run, command: t.begin_command(command, epoch, run, NOW),
    "finish_command": lambda t, epoch, run, command: t.finish_command(command, epoch, CommandStatus.FAILED, NOW),
    "set_release": lambda t, epoch, run, command: t.set_release("web1", epoch, AppRelease("a", "r", "v")),
    "drop_release": lambda t, epoch, run, command: t.drop_release("web1", epoch, "a"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_run_that_lost_its_claim_writes_nothing_more(store: Store, write: Callable[..., Any]):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1").id
        other = begin_run(transaction)
        claim(transaction, "web1", other)
    before = store.snapshot("shop")
    with (
        pytest.raises(
            StaleEpochError,
            match=rf"web1: run {other} has taken over \(epoch 2, ours 1\); this run leaves it alone\.",
        ),
        store.transaction("shop") as transaction,
    ):
        write(transaction, epoch, run, command)
    assert store.snapshot("shop") == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_refused_write_leaves_the_rest_of_its_transaction_usable(store: Store, write: Callable[..., Any]):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        command = ask(transaction, "web1").id
        claim(transaction, "web1", begin_run(transaction))
        with pytest.raises(StaleEpochError):
            write(transaction, epoch, run, command)
        transaction.put_instance("web2", ("web",), NOW)
    assert set(store.snapshot("shop").instances) == {"web1", "web2"}


def test_a_run_of_the_time_before_cannot_write_to_an_instance_that_came_back(store: Store):
    run, epoch = claimed_instance(store)
    with store.transaction("shop") as transaction:
        later = claim(transaction, "web1", begin_run(transaction)).epoch
        transaction.forget_instance("web1", later)
        transaction.put_instance("web1", ("web",), NOW)
        with pytest.raises(StaleEpochError, match="web1: it was forgotten and begun anew"):
            transaction.set_machine("web1", epoch, MACHINE)
        assert claim(transaction, "web1", run).epoch > later


def test_the_end_of_a_run_frees_what_it_still_holds_and_nothing_else(store: Store):
    run, _ = claimed_instance(store, "web1")
    claimed_instance(store, "web2")
    with store.transaction("shop") as transaction:
        transaction.end_run(run, LATER)
    assert set(store.snapshot("shop").claims) == {"web2"}


def test_runs_of_long_ago_are_forgotten_unless_they_hold_something(store: Store):
    claimed_instance(store)
    with store.transaction("shop") as transaction:
        for _ in range(1010):
            transaction.end_run(begin_run(transaction), LATER)
    assert set(store.snapshot("shop").claims) == {"web1"}


def test_renewing_extends_only_this_runs_claims_and_says_what_they_are_for(store: Store):
    run, _ = claimed_instance(store, "web1")
    other, _ = claimed_instance(store, "web2")
    with store.transaction("shop") as transaction:
        transaction.put_instance("web3", ("web",), NOW)
        claim(transaction, "web3", run)
    until = LATER.replace(hour=5)
    held = store.renew("shop", run, until, {"web1": "task 'Install packages'", "web2": "nothing of ours"})
    assert held == {"web1", "web3"}
    claims = store.snapshot("shop").claims
    assert {name: (item.expires, item.doing) for name, item in claims.items()} == {
        "web1": (until, "task 'Install packages'"),
        "web2": (LATER, ""),
        "web3": (until, ""),
    }
    assert claims["web2"].run == other


def test_renewing_without_news_keeps_what_the_run_is_doing(store: Store):
    run, _ = claimed_instance(store)
    store.renew("shop", run, LATER, {"web1": "boot"})
    store.renew("shop", run, LATER)
    assert store.snapshot("shop").claims["web1"].doing == "boot"


def test_renewing_tells_a_run_that_it_has_lost_an_instance(store: Store):
    run, _ = claimed_instance(store)
    with store.transaction("shop") as transaction:
        claim(transaction, "web1", begin_run(transaction))
    assert store.renew("shop", run, LATER) == frozenset()


def test_renewing_in_an_unknown_stack_holds_nothing_and_makes_nothing_known(store: Store):
    assert store.renew("nowhere", 1, LATER) == frozenset()
    assert store.stacks() == ()
