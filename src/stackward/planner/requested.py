"""What a request for a state asks for, and what a request of healing does first."""

from __future__ import annotations

from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import FAILED, RESTING, Desired, Initiator, State
from stackward.planner.commanded import SETUP_AGAIN
from stackward.planner.plan import Action, Move
from stackward.state.records import InstanceRecord, Request

_STOPPABLE = frozenset(State) - RESTING
_REMEDIES = {Remedy.REBOOT: Action.REBOOT, Remedy.RESTART: Action.STOP, Remedy.REPLACE: Action.TERMINATE}
_REPLACED = FAILED | {State.ONLINE}
"""From where a machine is replaced: also one that is at work, where it is taken back."""
_GOING = frozenset({State.TERMINATING, State.DEREGISTERING, State.SHUTTING_DOWN})
_UNREGISTERED = frozenset({State.STOPPED, State.TERMINATED, State.START_FAILED, State.REGISTERING})


def requested(record: InstanceRecord, desired: Desired, initiator: Initiator, reason: str) -> Move | None:
    """What leads to the state that is asked for; None if it is so."""
    if desired is Desired.TERMINATED:
        if record.state is State.TERMINATED or (record.state is State.STOPPED and record.machine is None):
            return None
        return Move(record.name, Action.TERMINATE, record.state, initiator, reason)
    if desired is Desired.STOPPED:
        if record.state not in _STOPPABLE:
            return None
        return Move(record.name, Action.STOP, record.state, initiator, reason)
    if desired is Desired.REGISTERED:
        if record.state not in _UNREGISTERED or (record.state is State.STOPPED and record.machine is not None):
            return None
        return Move(record.name, Action.REGISTER, record.state, initiator, reason)
    if record.state is State.ONLINE:
        return None
    if record.state is State.REGISTERING:
        return Move(record.name, Action.REGISTER, record.state, initiator, "a registration was cut short")
    if record.state in (State.STOPPING, State.SHUTTING_DOWN, State.TERMINATING, State.DEREGISTERING):
        return Move(record.name, Action.STOP, record.state, initiator, "a stop was cut short and must end first")
    if record.state is State.REBOOTING:
        return Move(record.name, Action.REBOOT, record.state, initiator, "a reboot was cut short and must end first")
    if record.state in SETUP_AGAIN and record.machine is not None:
        return Move(record.name, Action.SETUP, record.state, initiator, reason)
    return Move(record.name, Action.START, record.state, initiator, reason)


def remedied(record: InstanceRecord, request: Request) -> Move | None:
    """What a request of healing does first. It is done once: the states after it are newer than the request."""
    if request.remedy is None or record.machine is None:
        return None
    action = _REMEDIES.get(request.remedy)
    fresh = record.since is None or record.since <= request.at
    if action is not None and fresh and record.state in (_REPLACED if action is Action.TERMINATE else FAILED):
        if action is Action.REBOOT and record.state is not State.CONNECTION_LOST:
            action = Action.STOP
        return Move(record.name, action, record.state, request.initiator, request.reason)
    if action is Action.TERMINATE and record.state in _GOING:
        reason = "a replacement was cut short and must end first"
        return Move(record.name, action, record.state, request.initiator, reason)
    return None
