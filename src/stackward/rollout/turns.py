"""Whose turn it is in a rollout: the first batch that is not done, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from stackward.state.records import Command, CommandStatus, Rollout, RolloutStatus, StackState

WAVE = "wave"
"""The argument of a command that says in which batch of its rollout it is, from 1."""

UNCHANGED = "unchanged"
"""The argument of a command on an instance that has the release already, with all that belongs to it."""


class Turn(Enum):
    """What becomes of a command of a rollout now."""

    NOW = "now"
    WAITS = "waits"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Turns:
    """The rollouts that are under way, the batch of each whose turn it is, and those that somebody else tends."""

    rollouts: Mapping[int, Rollout] = field(default_factory=dict)
    current: Mapping[int, int] = field(default_factory=dict)
    tended: frozenset[int] = frozenset()
    kept: Mapping[int, str] = field(default_factory=dict)
    """Why the batch of a rollout waits although it is its turn."""
    setups: Mapping[int, str] = field(default_factory=dict)
    """By command, why a Setup that goes in its batch waits; "" where an earlier batch is not done."""

    def of(self, command: Command) -> Turn:
        """What becomes of the command now. One that has begun in a rollout that fails has to be taken back."""
        if command.batch in self.tended:
            return Turn.WAITS
        rollout = self.rollouts.get(command.batch)
        if rollout is not None and rollout.status is RolloutStatus.FAILING:
            begun = command.status is CommandStatus.RUNNING and not command.arguments.get(UNCHANGED)
            return Turn.NOW if begun else Turn.NEVER
        if command.arguments.get(UNCHANGED):
            return Turn.NOW
        if self.current.get(command.batch, 0) < command.arguments[WAVE] or self.why_kept(command):
            return Turn.WAITS
        return Turn.NOW

    def why_kept(self, command: Command) -> str:
        """Why a command waits although it is the turn of its batch, "" where it does not."""
        return self.kept.get(command.batch, "") if command.arguments[WAVE] == self.current.get(command.batch) else ""


def rolling(command: Command) -> bool:
    """Whether the command is one of a rollout."""
    return WAVE in command.arguments


def harmless(command: Command) -> bool:
    """Whether a command of a rollout leaves its instance at work for now: its batch comes later, or nothing changes."""
    return rolling(command) and (command.status is CommandStatus.PENDING or bool(command.arguments.get(UNCHANGED)))


def going_back(state: StackState, command: Command) -> bool:
    """Whether nothing is left of the command but to take back what it did."""
    rollout = state.rollouts.get(command.batch)
    return rollout is not None and rollout.status is RolloutStatus.FAILING


def turns(rollouts: Mapping[int, Rollout], commands: Iterable[Command], tended: frozenset[int] = frozenset()) -> Turns:
    """Whose turn it is, by the commands that are not finished and will not end by themselves."""
    current: dict[int, int] = {}
    for command in commands:
        if rolling(command) and not command.arguments.get(UNCHANGED):
            wave = command.arguments[WAVE]
            current[command.batch] = min(wave, current.get(command.batch, wave))
    return Turns(rollouts, current, tended)


def leads(rollout: Rollout, command: Command, commands: Iterable[Command]) -> bool:
    """Whether the instance of the command runs the migration: the first one of those left, until it has run.

    A rollback runs none: tools fail where the code does not know of what was migrated since.
    """
    if rollout.kind != "deploy":
        return False
    left = (
        item.id
        for item in commands
        if item.batch == command.batch and not item.status.finished and not item.arguments.get(UNCHANGED)
    )
    return not rollout.migrated and not command.arguments.get(UNCHANGED) and command.id == min(left, default=command.id)
