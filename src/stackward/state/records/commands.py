"""Lifecycle events that were asked of instances, how far they are, and what was logged of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from stackward.lifecycle.states import Initiator


class CommandStatus(Enum):
    """How far a command is on one instance (OpsWorks' names, UG workingstacks-commands and CloudWatch events)."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (CommandStatus.PENDING, CommandStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Command:
    """One lifecycle event asked of one instance, or run there by the engine, with its result.

    `event` is one of the five, or `run_recipes`. `arguments` holds what the event needs: app, revision, recipes,
    attributes (deployment attributes). `batch` is shared by the commands of one request. `automatic` marks those that
    the engine wrote itself (a Setup while starting, a Configure for a new generation). `lost` says that its instance
    could not be given the release before again, so that nobody knows which one is there.
    """

    id: int
    batch: int
    instance: str
    event: str
    arguments: Mapping[str, Any]
    initiator: Initiator
    reason: str
    automatic: bool
    status: CommandStatus
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    failure: str = ""
    run: int | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class LogLine:
    """One task's outcome within a command. `seconds` is its duration; `text` what went wrong or what changed."""

    command: int
    at: datetime
    task: str
    status: str
    seconds: float
    text: str = ""
