"""How an instance's move ends: online, let go, on its way down, or failed with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stackward.engine import rollouts, setups
from stackward.engine.hold import HeldInstance
from stackward.lifecycle.states import Desired, State
from stackward.state.records import CommandStatus
from stackward.state.transaction import StackTransaction


def online(held: HeldInstance) -> None:
    """Put the instance online after Setup and Deploy, and let go of it."""
    with held.transaction() as transaction:
        held.advance(transaction, State.ONLINE, "set up")
        _arrived(transaction, held, Desired.ONLINE)


def registered(held: HeldInstance) -> None:
    """Say that a machine that somebody owns lets the controller in, and let go of it."""
    with held.transaction() as transaction:
        held.advance(transaction, State.REGISTERED, "it lets the controller in")
        _arrived(transaction, held, Desired.REGISTERED)


def _arrived(transaction: StackTransaction, held: HeldInstance, where: Desired) -> None:
    """The instance is where a request may have wanted it, which is fulfilled then, and free again."""
    request = transaction.state.instances[held.name].request
    if request is not None and request.desired is where:
        transaction.clear_request(held.name, held.hold.epoch)
    transaction.release(held.name, held.hold.epoch)


def shutting_down(held: HeldInstance) -> None:
    """Begin the Shutdown event of an instance that has been drained."""
    with held.transaction() as transaction:
        held.advance(transaction, State.SHUTTING_DOWN, "drained")


def left(held: HeldInstance) -> None:
    """Remember that the instance has left the layers that the file does not give it any more, and let go of it.

    One that is in no layer any more takes no part, as before it was given any.
    """
    assigned = held.stack.instances[held.name].layers
    with held.transaction() as transaction:
        record = transaction.state.instances[held.name]
        kept = tuple(layer for layer in record.layers if layer in assigned)
        transaction.put_instance(held.name, kept, held.now())
        if not kept and not assigned:
            held.advance(transaction, State.REGISTERED, "it is in no layer, and its machine goes on running")
        transaction.release(held.name, held.hold.epoch)


def let_go(held: HeldInstance) -> None:
    """Give the claim back after commands that leave the state as it is."""
    with held.transaction() as transaction:
        transaction.release(held.name, held.hold.epoch)


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


def event_failed(held: HeldInstance, failure: str, *, expired: bool = False) -> None:
    """Record that the running event failed, and nothing else: the move goes on without it."""
    with held.transaction() as transaction:
        _fail_commands(transaction, held, failure, expired=expired, data={GOES_ON: True})


GOES_ON = "goes_on"
"""What the journal has with a failure that did not end the move of the instance: the same run may go on with it."""


def _fail_commands(
    transaction: StackTransaction,
    held: HeldInstance,
    failure: str,
    *,
    expired: bool,
    data: Mapping[str, bool] = MappingProxyType({}),
) -> None:
    if rollouts.note_failure(transaction, held, failure):
        # The command ends once the instance has been given the release before again, by this run or the next.
        return
    status = CommandStatus.EXPIRED if expired else CommandStatus.FAILED
    for command in transaction.state.commands:
        if command.instance == held.name and command.run == held.hold.run:
            transaction.finish_command(command.id, held.hold.epoch, status, held.now(), exit_code=1, failure=failure)
    held.note(transaction, "failure", failure, data)


_GIVEN_UP: Mapping[State, frozenset[Desired]] = {
    State.START_FAILED: frozenset({Desired.ONLINE, Desired.REGISTERED}),
    State.SETUP_FAILED: frozenset({Desired.ONLINE}),
    State.STOP_FAILED: frozenset({Desired.STOPPED, Desired.TERMINATED}),
    State.CONNECTION_LOST: frozenset(),
}
"""Which requests are over once an instance has failed. One that asks for the opposite came later and stays.

A remedy that failed is over in any case: what comes next is for healing to say.
"""


def failed(held: HeldInstance, failure: str, *, expired: bool = False) -> State:
    """Record that the instance's move failed: its running command, its state, and that its request is over.

    Whoever asked must ask again. Returns the state that the instance is left in.
    """
    name, epoch = held.name, held.hold.epoch
    with held.transaction() as transaction:
        record = transaction.state.instances[name]
        _fail_commands(transaction, held, failure, expired=expired)
        after = _FAILED_STATE.get(record.state)
        if after is not None:
            held.advance(transaction, after, failure=failure)
            if after is State.SETUP_FAILED:
                setups.stop(transaction, held, failure)
            request = record.request
            if request is not None and (request.remedy is not None or request.desired in _GIVEN_UP[after]):
                transaction.clear_request(name, epoch)
            if after is State.CONNECTION_LOST:
                transaction.want_reboot(name, wanted=False)
        transaction.release(name, epoch)
        return after or record.state
