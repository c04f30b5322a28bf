"""What the store holds, as frozen records. All times are UTC and timezone-aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from stackward.definition.model import ProviderChoice
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.metrics.alarm import Alarm


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
class Request:
    """What somebody wants of an instance, who, why and since when. `initiator` stays until it is carried out.

    A `remedy` is done first where healing asks for a failed instance to be online. With `force` a stop does not wait
    for the machine's own system.
    """

    desired: Desired
    initiator: Initiator
    reason: str
    at: datetime
    remedy: Remedy | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class MachineRecord:
    """The machine behind an instance as the store knows it.

    `token` is committed before the provider is asked; `id` is None until the provider has answered.
    `attempt` grows only after the machine of the attempt before is proven gone. `parameters` are frozen with the token.
    `host_keys` are those that the machine of that `id` was first seen with.
    """

    token: str
    attempt: int
    parameters: Mapping[str, Any]
    id: str | None = None
    address: str | None = None
    port: int = 22
    elastic_address: str | None = None
    zone: str = ""
    """What it shares with others that can be lost together, as its provider said last; "" where that is not known."""
    host_keys: tuple[str, ...] = ()

    @property
    def choice(self) -> ProviderChoice:
        """What made it, with the options of that time. Machines of before it was noted are of type ""."""
        return ProviderChoice(self.parameters.get("provider", ""), self.parameters.get("options", {}))

    @property
    def owned(self) -> bool:
        """Whether somebody owns it, so that it is left running when it is not needed any more."""
        return self.choice.owned


@dataclass(frozen=True, slots=True)
class AppRelease:
    """The release of an app that is live on an instance. `digest` stands for all that it was deployed with.

    `port` is the one on which it answers since then, None where a deploy does not say it. `hooks` are those of the
    app at that time, each with a text for its content; None where that is not known.
    """

    app: str
    release: str
    revision: str
    digest: str = field(default="", compare=False)
    port: int | None = field(default=None, compare=False)
    hooks: Mapping[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """An instance as observed.

    `configured` is the stack generation of the last successful Configure (-1: none yet).
    `reboot_wanted` is set by a request to reboot until it has been carried out.
    `layers` are kept so that an instance can be stopped cleanly after it has left the file.
    `failure` says why it is in a failed state, else "". `epoch` grows with every claim.
    `ran` are, by event, the parts (recipes, built-in parts of layers) that its machine ran in the last success of that
    event, each with a text for its content; an event that is not in it is not known to have run to its end there.
    `uses` are the built-in layers of its layers, by layer, kept for when a layer has left the file.
    """

    name: str
    layers: tuple[str, ...]
    state: State = State.STOPPED
    since: datetime | None = None
    request: Request | None = None
    machine: MachineRecord | None = None
    configured: int = -1
    reboot_wanted: bool = False
    epoch: int = 0
    failure: str = ""
    apps: tuple[AppRelease, ...] = ()
    ran: Mapping[Event, Mapping[str, str]] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)


CLAIM_SECONDS = 120.0
"""How long a claim lives without being renewed. A dead process on the same machine loses its claims at once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on an instance: run, epoch, expiry, and what it is doing at the moment.

    `owner` names run and machine for a person ("converge#812 on ctl-1"); `host`, `process` and `process_started`
    (clock ticks since the boot of that host) let a later run on the same host see that the owner is gone.
    """

    instance: str
    run: int
    owner: str
    host: str
    process: int
    process_started: float
    epoch: int
    since: datetime
    expires: datetime
    doing: str = ""


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


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One append-only entry: what happened or was decided, by whom, why, with which inputs."""

    id: int
    at: datetime
    kind: str
    actor: str
    instance: str | None
    run: int | None
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A person works on an instance: nothing that acts by itself touches it. `until` None: until it is released."""

    instance: str
    why: str
    actor: str
    since: datetime
    until: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether it is not over yet."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one witness saw of an instance at its last look, and since when it has seen the same without a break."""

    instance: str
    witness: Witness
    answer: Answer
    text: str
    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """The agent of an instance: when it was given its token, and what it said last.

    `number` is that of its last heartbeat, `heard` when that came by the controller's clock; None: it has never said
    anything under this token. Of the token only a hash is known.
    """

    instance: str
    issued: datetime
    number: int | None = None
    heard: datetime | None = None
    vitals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listener:
    """A controller service that takes heartbeats, since when without a break, and when it last said that it does."""

    name: str
    since: datetime
    at: datetime


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
class KnownAlarm:
    """An alarm as it was when its source was last asked, at `at`."""

    alarm: Alarm
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Collected:
    """When a source of metrics was last asked, and what went wrong ("" where nothing did)."""

    at: datetime
    failure: str = ""


@dataclass(frozen=True, slots=True)
class LoadMemory:
    """What scaling by load remembers of a layer: its windows, and what it last decided from what. Both plain data."""

    windows: Mapping[str, Any]
    evaluation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One evaluation of a layer's load that did something, or held it back."""

    layer: str
    at: datetime
    data: Mapping[str, Any]


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
