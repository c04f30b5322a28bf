"""A plan, and what it is made for: what is seen from outside the store, and what a run may touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from stackward.definition.model import Batch
from stackward.lifecycle.states import Initiator, State
from stackward.state.records import Claim, Command, CommandStatus


class Action(Enum):
    """What a run does with an instance that it has claimed."""

    REGISTER = "register"
    START = "start"
    STOP = "stop"
    TERMINATE = "terminate"
    REBOOT = "reboot"
    SETUP = "setup"
    LEAVE = "leave"
    RUN = "run"
    UNDEPLOY = "undeploy"
    REFRESH = "refresh"
    DEPLOY = "deploy"
    CONFIGURE = "configure"


@dataclass(frozen=True, slots=True)
class Observations:
    """What is seen from outside the store. `dead_runs` are runs of this machine whose process is gone.

    `tended` are rollouts, by their batch, that somebody else is at work on.
    """

    dead_runs: frozenset[int] = frozenset()
    tended: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run may touch: None means everything. A run that serves one request keeps to that request's instances.

    `departed` lets it also stop and terminate instances that have left the stack file. `batch` is how many of a layer
    that the stack file has set up again go at a time; None means as many as in deploys of its apps.
    """

    instances: frozenset[str] | None = None
    departed: bool = True
    batch: Batch | None = None

    def covers(self, instance: str) -> bool:
        """Whether the run may move the instance."""
        return self.instances is None or instance in self.instances


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Move:
    """One instance, what is done with it, and why. `commands` are ids to carry out, in order, `events` theirs.

    `in_turn` says that others of its layers go in later batches, each when the one before it is done.
    """

    instance: str
    action: Action
    state: State
    initiator: Initiator
    reason: str
    commands: tuple[int, ...] = ()
    events: tuple[str, ...] = ()
    in_turn: bool = False

    @property
    def what(self) -> str:
        """What is done, for a person: `start`, or `run deploy`."""
        return f"{self.action.value} {', '.join(dict.fromkeys(self.events))}".rstrip()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command whose batch has to wait for those before it, or, as `why` says, for something else: `action`, later."""

    instance: str
    command: int
    rollout: int
    wave: int
    why: str = ""
    action: Action = Action.DEPLOY


@dataclass(frozen=True, slots=True)
class Held:
    """An instance that needs something but belongs to another run at the moment."""

    instance: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Settled:
    """A command that ends without running, and why."""

    command: int
    instance: str
    status: CommandStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The moves now possible, the Configure round now due, and what waits for others.

    `configure` are due at once; `configure_after` will be due once the moves have changed the online set.
    `fulfilled` are instances whose request asks for what is already so. `departed` left the file and have no machine.
    `waiting` are those whose batch comes later, `concluded` the rollouts that have nothing left to do. `asked` are
    Setups that the stack file brings about and that nobody has written down yet: the plan is made as if they were.
    """

    moves: tuple[Move, ...] = ()
    asked: tuple[Command, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    concluded: tuple[int, ...] = ()
    configure: tuple[Move, ...] = ()
    configure_after: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    settled: tuple[Settled, ...] = ()
    fulfilled: tuple[str, ...] = ()
    departed: tuple[str, ...] = ()
    abandoned: tuple[Claim, ...] = ()
    """Claims of runs that are gone, on instances that need nothing more."""
    idle: tuple[str, ...] = field(default=())
    """Stopped instances of the file that nobody has asked for."""

    @property
    def empty(self) -> bool:
        """Whether a run would change nothing."""
        return not (
            self.moves
            or self.concluded
            or self.configure
            or self.settled
            or self.fulfilled
            or self.departed
            or self.abandoned
        )
