"""Instance states and the allowed changes between them, as data.

The names are those of AWS OpsWorks (API: InstancesCount). `docs/architecture.md` draws the table from here.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """The observed state of an instance."""

    STOPPED = "stopped"
    REQUESTED = "requested"
    PENDING = "pending"
    BOOTING = "booting"
    RUNNING_SETUP = "running_setup"
    ONLINE = "online"
    SETUP_FAILED = "setup_failed"
    START_FAILED = "start_failed"
    REBOOTING = "rebooting"
    CONNECTION_LOST = "connection_lost"
    STOPPING = "stopping"
    SHUTTING_DOWN = "shutting_down"
    STOP_FAILED = "stop_failed"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    REGISTERING = "registering"
    REGISTERED = "registered"
    DEREGISTERING = "deregistering"


class Desired(Enum):
    """What somebody wants of an instance."""

    ONLINE = "online"
    STOPPED = "stopped"
    TERMINATED = "terminated"
    REGISTERED = "registered"


class Initiator(Enum):
    """Who wanted a change. Shown while an instance is requested, stopping or terminating, and kept in the journal."""

    USER = "user"
    AUTO_SCALING = "auto-scaling"
    AUTO_HEALING = "auto-healing"


_LEAVING = frozenset({State.STOPPING, State.TERMINATING, State.DEREGISTERING})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.STOPPED: frozenset({State.REQUESTED, State.TERMINATING, State.REGISTERING, State.DEREGISTERING}),
    State.REQUESTED: frozenset({State.PENDING, State.START_FAILED}) | _LEAVING,
    State.PENDING: frozenset({State.BOOTING, State.START_FAILED}) | _LEAVING,
    State.BOOTING: frozenset({State.RUNNING_SETUP, State.START_FAILED}) | _LEAVING,
    State.RUNNING_SETUP: frozenset({State.ONLINE, State.SETUP_FAILED, State.CONNECTION_LOST}) | _LEAVING,
    State.ONLINE: frozenset({State.RUNNING_SETUP, State.REBOOTING, State.CONNECTION_LOST, State.REGISTERED}) | _LEAVING,
    State.SETUP_FAILED: frozenset({State.RUNNING_SETUP, State.REQUESTED, State.CONNECTION_LOST}) | _LEAVING,
    State.START_FAILED: frozenset({State.REQUESTED, State.REGISTERING}) | _LEAVING,
    State.REBOOTING: frozenset({State.ONLINE, State.CONNECTION_LOST}) | _LEAVING,
    State.CONNECTION_LOST: frozenset({State.ONLINE, State.REQUESTED, State.REBOOTING}) | _LEAVING,
    State.STOPPING: frozenset(
        {State.SHUTTING_DOWN, State.STOP_FAILED, State.STOPPED, State.TERMINATING, State.DEREGISTERING}
    ),
    State.SHUTTING_DOWN: frozenset({State.STOPPED, State.REGISTERED, State.STOP_FAILED, State.TERMINATED}),
    State.STOP_FAILED: frozenset({State.REQUESTED}) | _LEAVING,
    State.TERMINATING: frozenset({State.SHUTTING_DOWN, State.STOP_FAILED, State.TERMINATED}),
    State.TERMINATED: frozenset({State.REQUESTED, State.REGISTERING}),
    State.REGISTERING: frozenset({State.REGISTERED, State.START_FAILED}) | _LEAVING,
    State.REGISTERED: frozenset({State.REQUESTED, State.DEREGISTERING, State.TERMINATING}),
    State.DEREGISTERING: frozenset({State.SHUTTING_DOWN, State.STOP_FAILED, State.TERMINATED}),
}
"""For each state the states that may follow it."""

FAILED = frozenset({State.SETUP_FAILED, State.START_FAILED, State.STOP_FAILED, State.CONNECTION_LOST})
"""States that wait for somebody to ask again."""

RESTING = frozenset({State.STOPPED, State.REGISTERED, State.TERMINATED})
"""States in which an instance takes no part and nobody waits for anything."""

MEMBERS = frozenset({State.ONLINE, State.REBOOTING})
"""States in which an instance belongs to the online set that its peers see. A reboot runs no event, so it stays in."""

BETWEEN = frozenset(
    {
        State.REQUESTED,
        State.PENDING,
        State.BOOTING,
        State.RUNNING_SETUP,
        State.REBOOTING,
        State.STOPPING,
        State.SHUTTING_DOWN,
        State.TERMINATING,
        State.REGISTERING,
        State.DEREGISTERING,
    }
)
"""States that a run is working on, or was when it died."""


def may_follow(current: State, following: State) -> bool:
    """Whether an instance in `current` may change to `following`. Staying is not a change and is refused."""
    return following in TRANSITIONS[current]
