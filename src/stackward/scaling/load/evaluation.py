"""What a decision was made from, in a form that a person can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from stackward.scaling.load.brakes import Brake
from stackward.scaling.load.conditions import Condition, Direction, Kind, Truth
from stackward.scaling.load.reading import Reading
from stackward.scaling.load.windows import Window

CALM = "nothing to do"
"""The reason of a look after which nothing wants more or fewer instances."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with a condition now, for how long they have, and for how long they need to (seconds)."""

    condition: Condition
    truth: Truth
    window: Window
    needed: float

    @property
    def fired(self) -> bool:
        """Whether it is so, and has been for long enough."""
        return self.truth is Truth.SO and self.window.held >= self.needed


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

    @property
    def calm(self) -> bool:
        """Whether nothing asked for more or fewer instances."""
        return self.reason == CALM and not self.brakes


def as_data(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain data for the store."""
    return {
        "at": evaluation.at.isoformat(),
        "seen": evaluation.seen.isoformat() if evaluation.seen else None,
        "working": evaluation.working,
        "coming": evaluation.coming,
        "minimum": evaluation.minimum,
        "maximum": evaluation.maximum,
        "readings": [asdict(reading) for reading in evaluation.readings],
        "conditions": [
            {
                "name": each.condition.name,
                "direction": each.condition.direction.value,
                "kind": each.condition.kind.value,
                "subject": each.condition.subject,
                "limit": each.condition.limit,
                "for": each.condition.hold,
                "begins": each.condition.begins,
                "ends": each.condition.ends,
                "needed": each.needed,
                "truth": each.truth.value,
                "held": each.window.held,
                "unknown": each.window.unknown,
            }
            for each in evaluation.standings
        ],
        "brakes": [
            {
                "direction": brake.direction.value,
                "why": brake.why,
                "until": brake.until.isoformat() if brake.until else None,
            }
            for brake in evaluation.brakes
        ],
        "reason": evaluation.reason,
        "next_check": evaluation.next_check.isoformat(),
    }


def from_data(data: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation that was kept as plain data."""
    return Evaluation(
        datetime.fromisoformat(data["at"]),
        _moment(data["seen"]),
        data["working"],
        data["coming"],
        data["minimum"],
        data["maximum"],
        tuple(Reading(**each) for each in data["readings"]),
        tuple(
            Standing(
                Condition(
                    each["name"],
                    Direction(each["direction"]),
                    Kind(each["kind"]),
                    each["subject"],
                    each["limit"],
                    each["for"],
                    each["begins"],
                    each["ends"],
                ),
                Truth(each["truth"]),
                Window(each["held"], each["unknown"]),
                each.get("needed", each["for"]),
            )
            for each in data["conditions"]
        ),
        tuple(Brake(Direction(each["direction"]), each["why"], _moment(each["until"])) for each in data["brakes"]),
        data["reason"],
        datetime.fromisoformat(data["next_check"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


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
            f"to {leads}: {condition.name} for {_minutes(standing.needed)}: "
            f"{standing.truth.value}, held for {_minutes(held)}"
        )
    for brake in evaluation.brakes:
        what = "nothing is added" if brake.direction is Direction.OUT else "nothing is removed"
        until = f" (until {brake.until:%H:%M})" if brake.until else ""
        yield f"{what}: {brake.why}{until}"
    yield f"next look: {evaluation.next_check:%H:%M}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g}m" if seconds % 60 == 0 else f"{seconds:g}s"
