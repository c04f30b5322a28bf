"""A whole stack at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stackward.state.records.commands import Command
from stackward.state.records.instances import Claim, InstanceRecord, Maintenance
from stackward.state.records.rollouts import Deployment, Rollout


@dataclass(frozen=True, slots=True)
class Pause:
    """A person has told one of the things that act by themselves ("healing") to do nothing to the stack."""

    what: str
    why: str
    actor: str
    since: datetime
    until: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether it is not over yet."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class StackState:
    """Everything that the store knows of one stack at one moment, read in one transaction."""

    name: str
    generation: int
    instances: Mapping[str, InstanceRecord]
    claims: Mapping[str, Claim]
    commands: tuple[Command, ...]
    """Only those that are not finished."""
    deployments: Mapping[str, Deployment]
    """By app: what is live."""
    definition: str | None = None
    """The digest of the stack file that was last adopted, None before the first run."""
    maintenance: Mapping[str, Maintenance] = field(default_factory=dict)
    """By instance: those that a person has taken aside, also where that is over."""
    rollouts: Mapping[int, Rollout] = field(default_factory=dict)
    """By the batch of their commands: only those that are not finished."""
    pauses: Mapping[str, Pause] = field(default_factory=dict)
    """By what is paused, also where that is over."""
