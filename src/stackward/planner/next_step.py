"""The one next step of an instance."""

from __future__ import annotations

from stackward.definition.model import Stack
from stackward.lifecycle.states import Initiator, State
from stackward.planner.commanded import commanded, unreachable
from stackward.planner.plan import Action, Move, Settled
from stackward.planner.requested import remedied, requested
from stackward.rollout.drift import departed, leaving
from stackward.rollout.turns import Turns
from stackward.state.records import Command, InstanceRecord, StackState

_REBOOTABLE = frozenset({State.ONLINE, State.CONNECTION_LOST, State.REBOOTING})


def next_step(
    record: InstanceRecord, commands: tuple[Command, ...], stack: Stack, state: StackState, order: Turns
) -> tuple[Move | None, tuple[Settled, ...]]:
    """The one next step of an instance of the file, and the commands that end without running."""
    request = record.request
    if request is not None:
        step = remedied(record, request) or requested(record, request.desired, request.initiator, request.reason)
        if step is not None:
            if step.action in (Action.STOP, Action.TERMINATE):
                return step, unreachable(commands, f"{record.name} is being stopped")
            return step, ()
    if record.reboot_wanted and record.state in _REBOOTABLE:
        return Move(record.name, Action.REBOOT, record.state, Initiator.USER, "a reboot was asked for"), ()
    layers = stack.instances[record.name].layers
    if record.state is State.ONLINE and (left := leaving(stack, record)):
        it = "it is in no layer any more" if not layers else f"it is not in {', '.join(left)} any more"
        return Move(record.name, Action.LEAVE, record.state, Initiator.USER, f"{it}, by the stack file"), ()
    if record.state is State.REGISTERED and layers and not record.layers:
        change = f"it was in no layer, and is in {', '.join(layers)} now"
        return Move(record.name, Action.START, record.state, Initiator.USER, change), ()
    gone = departed(stack, record) if record.state is State.ONLINE else ()
    if gone:
        why = f"{', '.join(gone)} does not belong here any more, by the stack file"
        return Move(record.name, Action.UNDEPLOY, record.state, Initiator.USER, why), ()
    return commanded(record, commands, _overdue(record, stack, state), order)


def _overdue(record: InstanceRecord, stack: Stack, state: StackState) -> str:
    """Why the instance is due a Configure without anybody having asked; "" if it is not."""
    if record.configured < state.generation:
        last = "it has had none" if record.configured < 0 else f"its last Configure was at {record.configured}"
        return f"the stack is at generation {state.generation}, {last}"
    if state.definition not in (None, stack.digest):
        return "the stack file has changed"
    return ""


def depart(record: InstanceRecord) -> Move | None:
    """What ends an instance that has left the stack file; None if it has no machine any more."""
    if record.machine is None and record.state in (State.STOPPED, State.TERMINATED, State.START_FAILED):
        return None
    initiator = record.request.initiator if record.request else Initiator.USER
    return Move(record.name, Action.TERMINATE, record.state, initiator, "it is no longer in the stack file")
