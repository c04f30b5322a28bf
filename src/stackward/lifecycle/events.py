"""The five lifecycle events, and in which order the parts of one event run.

Source of the events' meaning: AWS OpsWorks user guide, workingcookbook-events.
"""

from __future__ import annotations

from enum import Enum


class Event(Enum):
    """A moment at which automation runs on an instance."""

    SETUP = "setup"
    CONFIGURE = "configure"
    DEPLOY = "deploy"
    UNDEPLOY = "undeploy"
    SHUTDOWN = "shutdown"

    @property
    def built_in_first(self) -> bool:
        """Whether the built-in part runs before the user's recipes (it does, but for undeploy and shutdown)."""
        return self not in (Event.UNDEPLOY, Event.SHUTDOWN)
