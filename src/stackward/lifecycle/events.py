"""The five lifecycle events.

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
