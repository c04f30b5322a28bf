"""What a decision was made from, in a form that a person can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from stackward.scaling.load.brakes import Brake
from stackward.scaling.load.conditions import Condition, Direction, Truth
from stackward.scaling.load.reading import Reading
from stackward.scaling.load.windows import Window


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with a condition now, and for how long they have."""

    condition: Condition
    truth: Truth
    window: Window

    @property
    def fired(self) -> bool:
        """Whether it is so, and has been for long enough."""
        return self.truth is Truth.SO and self.window.held >= self.condition.hold


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that went into one look at a layer. `reason` says in a sentence what came of it."""

    at: datetime
    seen: datetime | None
    working: int
    coming: int
    minimum: int
    maximum: int
    readings: tuple[Reading, ...]
    standings: tuple[Standing, ...]
    brakes: tuple[Brake, ...]
    reason: str
    next_check: datetime


def lines(evaluation: Evaluation) -> Iterator[str]:
    """Yield an evaluation as lines of text."""
    coming = f", {evaluation.coming} on the way" if evaluation.coming else ""
    yield f"{evaluation.reason} ({evaluation.working} at work{coming}; {evaluation.minimum} to {evaluation.maximum})"
    for reading in evaluation.readings:
        value = f"{reading.mean:.3g}" if reading.mean is not None else "not known"
        doubt = f"; {reading.doubt}" if reading.doubt else ""
        yield f"{reading.metric} is {value}, by {reading.reporting} of {reading.working}{doubt}"
    for standing in evaluation.standings:
        condition, held = standing.condition, standing.window.held
        leads = "add" if condition.direction is Direction.OUT else "remove"
        yield (
            f"to {leads}: {condition.name} for {_minutes(condition.hold)}: "
            f"{standing.truth.value}, held for {_minutes(held)}"
        )
    for brake in evaluation.brakes:
        what = "nothing is added" if brake.direction is Direction.OUT else "nothing is removed"
        until = f" (until {brake.until:%H:%M})" if brake.until else ""
        yield f"{what}: {brake.why}{until}"
    yield f"next look: {evaluation.next_check:%H:%M}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g}m" if seconds % 60 == 0 else f"{seconds:g}s"
