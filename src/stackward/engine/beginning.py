"""What an instance is from the moment on in which a move has claimed it: its first state, and its layers."""

from __future__ import annotations

from collections.abc import Mapping

from stackward.definition.model import Stack
from stackward.lifecycle.states import State
from stackward.planner import Action, Move
from stackward.rollout import drift
from stackward.state.records import InstanceRecord

_FIRST_STATE: Mapping[Action, State] = {
    Action.REGISTER: State.REGISTERING,
    Action.START: State.REQUESTED,
    Action.STOP: State.STOPPING,
    Action.TERMINATE: State.TERMINATING,
    Action.REBOOT: State.REBOOTING,
    Action.SETUP: State.RUNNING_SETUP,
}

_RESUMED: Mapping[Action, frozenset[State]] = {
    Action.REGISTER: frozenset({State.REGISTERING}),
    Action.START: frozenset({State.REQUESTED, State.PENDING, State.BOOTING}),
    Action.STOP: frozenset({State.STOPPING, State.SHUTTING_DOWN, State.TERMINATING, State.DEREGISTERING}),
    Action.TERMINATE: frozenset({State.TERMINATING, State.DEREGISTERING, State.SHUTTING_DOWN}),
    Action.REBOOT: frozenset({State.REBOOTING}),
    Action.SETUP: frozenset({State.RUNNING_SETUP}),
}
"""States in which a run that died left an instance: the same move goes on from there."""


_KEEPS_LAYERS = frozenset(
    {Action.LEAVE, Action.REBOOT, Action.RUN, Action.UNDEPLOY, Action.REFRESH, Action.DEPLOY, Action.CONFIGURE}
)
"""What an online instance does with the layers that it is set up for: a Setup for others has still to come."""


def layers_of(stack: Stack, record: InstanceRecord, move: Move) -> tuple[str, ...]:
    """The layers that an instance has from now on. Those that its machine has not left yet come last."""
    instance = stack.instances.get(move.instance)
    if instance is None or move.action in _KEEPS_LAYERS:
        return record.layers
    left = drift.leaving(stack, record) if record.machine is not None else ()
    return (*instance.layers, *left)


def uses_of(stack: Stack, record: InstanceRecord, layers: tuple[str, ...]) -> dict[str, str]:
    """The built-in layers of these layers, as the file says, or as it said of those that it has no more."""
    known = {name: stack.layers[name].uses if name in stack.layers else record.uses.get(name) for name in layers}
    return {name: uses for name, uses in known.items() if uses is not None}


def first_state(move: Move, record: InstanceRecord) -> State | None:
    """The state in which a move begins; None where it has none, or a run that died has brought it as far already."""
    first = _FIRST_STATE.get(move.action)
    if first is None or record.state in _RESUMED[move.action]:
        return None
    if first is State.TERMINATING and record.machine is not None and record.machine.owned:
        return State.DEREGISTERING
    return first
