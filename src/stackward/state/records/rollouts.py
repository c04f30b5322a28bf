"""Releases of apps: which is live, and how each was brought to its instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Deployment:
    """The release that an app's last successful request put live, or is putting live.

    `running` is False where somebody has stopped the app.
    """

    app: str
    release: str
    revision: str
    at: datetime
    running: bool = True


class RolloutStatus(Enum):
    """How far a rollout is. A failing one takes its batch back to the release before."""

    RUNNING = "running"
    FAILING = "failing"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (RolloutStatus.RUNNING, RolloutStatus.FAILING)


@dataclass(frozen=True, slots=True)
class HostResult:
    """How a rollout ended on one instance. `seconds` is how long it took there, None where it never began.

    `lost` says that the release before could not be put back.
    """

    status: str
    seconds: float | None = None
    failure: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Rollout:
    """One release brought to the instances of an app, batch after batch. While it lasts it locks the app.

    `batch` is shared by its commands, one an instance; None for a release that came with a Setup. `kind` says what was
    asked for. `host`, `process` and `process_started` tell whether who asked is still there. `migrated` is set once
    the migration has run. `results` are by instance, once it is over.
    """

    id: int
    app: str
    kind: str
    release: str
    revision: str
    before_release: str
    before_revision: str
    status: RolloutStatus
    actor: str
    reason: str
    host: str
    process: int
    process_started: float
    started: datetime
    batch: int | None = None
    finished: datetime | None = None
    failure: str = ""
    migrated: bool = False
    results: Mapping[str, HostResult] = field(default_factory=dict)
