"""How an instance's move ends: online, let go, on its way down, or failed with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from stackward.definition.model import Stack
from stackward.engine import rollouts
from stackward.engine.hold import Hold
from stackward.lifecycle.states import Desired, State
from stackward.state.records import CommandStatus
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction


def online(store: Store, stack: Stack, name: str, hold: Hold, now: Callable[[], datetime]) -> None:
    """Put the instance online after Setup and Deploy, and let go of it."""
    with store.transaction(stack.name) as transaction:
        transaction.advance(name, hold.epoch, State.ONLINE, now(), actor=hold.actor, text="set up", run=hold.run)
        _arrived(transaction, name, hold, Desired.ONLINE)


def registered(store: Store, stack: Stack, name: str, hold: Hold, now: Callable[[], datetime]) -> None:
    """Say that a machine that somebody owns lets the controller in, and let go of it."""
    text = "it lets the controller in"
    with store.transaction(stack.name) as transaction:
        transaction.advance(name, hold.epoch, State.REGISTERED, now(), actor=hold.actor, text=text, run=hold.run)
        _arrived(transaction, name, hold, Desired.REGISTERED)


def _arrived(transaction: StackTransaction, name: str, hold: Hold, where: Desired) -> None:
    """The instance is where a request may have wanted it, which is fulfilled then, and free again."""
    request = transaction.state.instances[name].request
    if request is not None and request.desired is where:
        transaction.clear_request(name, hold.epoch)
    transaction.release(name, hold.epoch)


def shutting_down(store: Store, stack: Stack, name: str, hold: Hold, now: Callable[[], datetime]) -> None:
    """Begin the Shutdown event of an instance that has been drained."""
    with store.transaction(stack.name) as transaction:
        transaction.advance(
            name, hold.epoch, State.SHUTTING_DOWN, now(), actor=hold.actor, text="drained", run=hold.run
        )


def left(store: Store, stack: Stack, name: str, hold: Hold, now: Callable[[], datetime]) -> None:
    """Remember that the instance has left the layers that the file does not give it any more, and let go of it.

    One that is in no layer any more takes no part, as before it was given any.
    """
    with store.transaction(stack.name) as transaction:
        record = transaction.state.instances[name]
        kept = tuple(layer for layer in record.layers if layer in stack.instances[name].layers)
        transaction.put_instance(name, kept, now())
        if not kept and not stack.instances[name].layers:
            text = "it is in no layer, and its machine goes on running"
            transaction.advance(name, hold.epoch, State.REGISTERED, now(), actor=hold.actor, text=text, run=hold.run)
        transaction.release(name, hold.epoch)


def let_go(store: Store, stack: Stack, name: str, hold: Hold) -> None:
    """Give the claim back after commands that leave the state as it is."""
    with store.transaction(stack.name) as transaction:
        transaction.release(name, hold.epoch)


_FAILED_STATE: Mapping[State, State] = {
    State.REGISTERING: State.START_FAILED,
    State.REQUESTED: State.START_FAILED,
    State.PENDING: State.START_FAILED,
    State.BOOTING: State.START_FAILED,
    State.RUNNING_SETUP: State.SETUP_FAILED,
    State.REBOOTING: State.CONNECTION_LOST,
    State.STOPPING: State.STOP_FAILED,
    State.SHUTTING_DOWN: State.STOP_FAILED,
    State.TERMINATING: State.STOP_FAILED,
    State.DEREGISTERING: State.STOP_FAILED,
}


def event_failed(
    store: Store,
    stack: Stack,
    name: str,
    hold: Hold,
    failure: str,
    *,
    expired: bool = False,
    now: Callable[[], datetime],
) -> None:
    """Record that the running event failed, and nothing else: the move goes on without it."""
    with store.transaction(stack.name) as transaction:
        _fail_commands(transaction, name, hold, failure, expired=expired, now=now(), data={GOES_ON: True})


GOES_ON = "goes_on"
"""What the journal has with a failure that did not end the move of the instance: the same run may go on with it."""


def _fail_commands(
    transaction: StackTransaction,
    name: str,
    hold: Hold,
    failure: str,
    *,
    expired: bool,
    now: datetime,
    data: Mapping[str, bool] = MappingProxyType({}),
) -> None:
    if rollouts.note_failure(transaction, name, hold, failure, now):
        # The command ends once the instance has been given the release before again, by this run or the next.
        return
    status = CommandStatus.EXPIRED if expired else CommandStatus.FAILED
    for command in transaction.state.commands:
        if command.instance == name and command.run == hold.run:
            transaction.finish_command(command.id, hold.epoch, status, now, exit_code=1, failure=failure)
    transaction.note("failure", failure, actor=hold.actor, now=now, instance=name, run=hold.run, data=data)


_GIVEN_UP: Mapping[State, frozenset[Desired]] = {
    State.START_FAILED: frozenset({Desired.ONLINE, Desired.REGISTERED}),
    State.SETUP_FAILED: frozenset({Desired.ONLINE}),
    State.STOP_FAILED: frozenset({Desired.STOPPED, Desired.TERMINATED}),
    State.CONNECTION_LOST: frozenset(),
}
"""Which requests are over once an instance has failed. One that asks for the opposite came later and stays.

A remedy that failed is over in any case: what comes next is for healing to say.
"""


def failed(
    store: Store,
    stack: Stack,
    name: str,
    hold: Hold,
    failure: str,
    *,
    expired: bool = False,
    now: Callable[[], datetime],
) -> State:
    """Record that the instance's move failed: its running command, its state, and that its request is over.

    Whoever asked must ask again. Returns the state that the instance is left in.
    """
    with store.transaction(stack.name) as transaction:
        record = transaction.state.instances[name]
        _fail_commands(transaction, name, hold, failure, expired=expired, now=now())
        after = _FAILED_STATE.get(record.state)
        if after is not None:
            transaction.advance(name, hold.epoch, after, now(), failure=failure, actor=hold.actor, run=hold.run)
            request = record.request
            if request is not None and (request.remedy is not None or request.desired in _GIVEN_UP[after]):
                transaction.clear_request(name, hold.epoch)
            if after is State.CONNECTION_LOST:
                transaction.want_reboot(name, wanted=False)
        transaction.release(name, hold.epoch)
        return after or record.state
