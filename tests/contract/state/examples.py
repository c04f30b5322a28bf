"""A stack as the tests begin with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stackward.lifecycle.states import Initiator, State
from stackward.state.records import Claim, Command, MachineRecord
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

NOW = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
MACHINE = MachineRecord("shop/web1/1", 1, {"image": "debian-12", "volumes": ["/srv"]}, "c0ffee", "10.0.0.5", 2222)

TO_ONLINE = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)


def begin_run(transaction: StackTransaction) -> int:
    """A run of this machine."""
    return transaction.begin_run("converge", "ctl-1", 4711, 12.5, "alice", NOW)


def claim(transaction: StackTransaction, instance: str, run: int) -> Claim:
    """A claim until two minutes from now."""
    return transaction.claim(instance, run, f"converge#{run} on ctl-1", NOW, LATER)


def advance(transaction: StackTransaction, instance: str, epoch: int, *states: State) -> None:
    """One state after the other."""
    for state in states:
        transaction.advance(instance, epoch, state, NOW, actor="converge")


def ask(transaction: StackTransaction, instance: str, event: str = "setup", **other: Any) -> Command:
    """A pending command, asked by a person."""
    values = {"batch": None, "initiator": Initiator.USER, "reason": "", "automatic": False, "now": NOW, **other}
    return transaction.ask(instance, event, values.pop("arguments", {}), **values)


class Abandoned(Exception):  # noqa: N818
    """Raised in a transaction that is to be undone."""


def claimed_instance(store: Store, instance: str = "web1") -> tuple[int, int]:
    """An instance of stack shop, stopped and claimed. Returns the run and the epoch."""
    with store.transaction("shop") as transaction:
        transaction.put_instance(instance, ("web",), NOW)
        run = begin_run(transaction)
        return run, claim(transaction, instance, run).epoch
