"""Words for how an instance is seen from outside, and for what is done to one that has failed."""

from __future__ import annotations

from enum import Enum


class Witness(Enum):
    """Who looked at an instance. Each looks by a way of its own, so that two do not err for the same cause."""

    SSH = "ssh"
    """The controller asks the instance's SSH server for its greeting."""
    PEER = "peer"
    """Another online instance asks it, as the way from the controller may be broken."""
    PROVIDER = "provider"
    """Whoever runs the machine says how it is."""
    HEARTBEAT = "heartbeat"
    """Its agent reports to the controller service by itself."""
    CHECK = "check"
    """The health check of a layer."""


class Answer(Enum):
    """What a witness saw."""

    ALIVE = "alive"
    SILENT = "silent"
    """Nothing answered. That alone does not say that the instance is dead."""
    STOPPED = "stopped"
    """The machine is there, and does not run."""
    GONE = "gone"
    """There is no such machine any more."""
    IMPAIRED = "impaired"
    """The machine runs, and whoever runs it says that something is wrong with it."""
    RECLAIMED = "reclaimed"
    """The machine runs, and whoever runs it takes it back within minutes."""
    UNKNOWN = "unknown"
    """The witness could not look."""


class Remedy(Enum):
    """What is done to an instance that has failed, from the mildest to the strongest."""

    CONFIGURE = "configure"
    """Configure, with a new start of its agent. Only for one that answers."""
    SETUP = "setup"
    """It answers again: Setup, Deploy and Configure bring it up to date."""
    REBOOT = "reboot"
    RESTART = "restart"
    """Its machine is stopped, and started when it is proven stopped. Disk and addresses stay."""
    REPLACE = "replace"
    """Its machine is removed, and a new one made when it is proven gone. Volumes and the additional address stay."""
