"""From an installed engine to one that can make hosts here, or to the one command that is missing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from stackward.providers.container import detection, observation
from stackward.providers.container.engine import Engine, EngineName, find
from stackward.providers.container.errors import EngineUnavailableError, install_command


def ready_engine(wanted: EngineName | None, say: Callable[[str], None]) -> tuple[Engine, detection.Flags]:
    """The engine with the flags that it needs here, and the flags for hosts.

    Raises EngineUnavailableError with the one command that installs what is missing.
    """
    engine = find(wanted)
    facts = observation.observe(engine)
    if missing := detection.missing_packages(facts):
        raise EngineUnavailableError(
            f"{engine.name.value} needs more on this machine: {', '.join(missing)}. "
            f"Install it: {install_command(missing, root=os.geteuid() == 0)}."
        )
    observation.allow_many_hosts(facts, say)
    flags = detection.decide(facts)
    return replace(engine, flags=flags.engine), flags
