"""The phases of a round, and which moves of a plan belong to each."""

from __future__ import annotations

from enum import Enum

from stackward.planner import Action, Move, Plan


class Phase(Enum):
    """The parts of a round: moving instances, a batch of Setups or of a rollout each time, telling the online ones."""

    MOVE = "move"
    SET_UP = "set_up"
    DEPLOY = "deploy"
    CONFIGURE = "configure"


def moves_of(plan: Plan, phase: Phase) -> tuple[Move, ...]:
    """The moves that belong to a phase."""
    if phase is Phase.CONFIGURE:
        return plan.configure
    return tuple(move for move in plan.moves if _phase_of(move) is phase)


def _phase_of(move: Move) -> Phase:
    if move.in_turn:
        return Phase.SET_UP
    return Phase.DEPLOY if move.action is Action.DEPLOY else Phase.MOVE


def is_work(plan: Plan, phase: Phase, *, patient: bool) -> bool:
    """Whether a run has anything to write in a phase; one that is `patient` waits for Setups that cannot begin yet."""
    # A run begins before its first batch, so that all batches are the work of one.
    later = patient and any(item.action is Action.SETUP for item in plan.waiting)
    wanted = plan.moves or later if phase is Phase.MOVE else moves_of(plan, phase)
    return bool(wanted or plan.settled or plan.fulfilled or plan.departed or plan.abandoned or plan.concluded)
