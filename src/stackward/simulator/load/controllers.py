"""Who decides in a simulation: Stackward, or what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.decision import Observed, decide
from stackward.scaling.load.frames import Frame
from stackward.scaling.load.members import Fleet
from stackward.scaling.load.windows import Windows

Names = Sequence[str]


class Controller(Protocol):
    """Somebody who looks once a minute and says who is to start and who is to stop."""

    @property
    def name(self) -> str:
        """What it is called in tables and pictures."""
        ...

    def look(self, fleet: Fleet, frame: Frame, now: datetime) -> tuple[Names, Names, str]:
        """Return who starts, who stops, and why."""
        ...


@dataclass(slots=True)
class Stackward:
    """The decision itself, as a running Stackward makes it. `recommend` is acted on here: nothing real moves."""

    rules: Rules
    name: str = "stackward"
    windows: Windows = field(default_factory=Windows)

    def look(self, fleet: Fleet, frame: Frame, now: datetime) -> tuple[Names, Names, str]:
        """See Controller."""
        decision = decide(self.rules, fleet, Observed((frame,)), self.windows, now)
        self.windows = decision.windows
        if not (decision.starts or decision.stops):
            return (), (), ""
        starts = [choice.instance for choice in decision.starts]
        return starts, [choice.instance for choice in decision.stops], decision.evaluation.reason
