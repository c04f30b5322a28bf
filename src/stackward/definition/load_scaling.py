"""Load-based scaling of a layer as the stack file defines it.

Names and defaults are those of AWS OpsWorks (API AutoScalingThresholds; 80 %, 5 and 5 minutes up; 30 %, 10 and 10
minutes down). Durations are in seconds. CPU and memory are percent, the load average is per core.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

CPU, MEMORY, LOAD = "cpu", "memory", "load"
MEASURED = (CPU, MEMORY, LOAD)
"""The metrics that every instance has."""

PERCENT = frozenset({CPU, MEMORY})
"""Metrics that cannot be above 100."""


class Mode(Enum):
    """What becomes of a decision."""

    ENFORCE = "enforce"
    RECOMMEND = "recommend"


@dataclass(frozen=True, slots=True)
class Rule:
    """One direction: past any threshold (up) or all of them (down) for `hold`, move `step` instances, then `wait`."""

    thresholds: Mapping[str, float]
    alarms: tuple[str, ...]
    hold: float
    step: int
    wait: float


@dataclass(frozen=True, slots=True)
class Target:
    """Values to keep the metrics at. They must be missed for `up_hold` or `down_hold` before anything moves.

    Down as in Amazon EC2's target tracking (15 periods of a minute). Up at the second minute, and at the first where
    they are missed by much: half of `up_hold` is then enough. Noise misses by little, and not twice.
    """

    values: Mapping[str, float]
    up_hold: float = 120.0
    down_hold: float = 900.0


UP = Rule({CPU: 80.0}, (), 300.0, 1, 300.0)
DOWN = Rule({CPU: 30.0}, (), 600.0, 1, 600.0)


@dataclass(frozen=True, slots=True)
class LoadScaling:
    """How many instances of type load a layer has at work.

    `minimum` and `maximum` bound all instances of the layer that are at work or on their way. `tolerance` is a part of
    a threshold or target (0.1: 10 %) that makes no difference. Samples of an instance count once it has been online for
    `warm_up`. The direction may turn `reversals` times within `reversals_within`; then nothing is stopped until that
    is no longer so. `metrics` are the names of the user's own.
    """

    up: Rule = UP
    down: Rule = DOWN
    target: Target | None = None
    minimum: int = 1
    maximum: int = 1
    mode: Mode = Mode.ENFORCE
    tolerance: float = 0.1
    warm_up: float = 120.0
    reversals: int = 4
    reversals_within: float = 4 * 3600.0
    metrics: tuple[str, ...] = ()
    alarms: tuple[str, ...] = field(init=False)
    """Every alarm that is named, once."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "alarms", tuple(dict.fromkeys((*self.up.alarms, *self.down.alarms))))


DEFAULT = LoadScaling()
"""What counts where nothing is written; `maximum` is then the number of the layer's instances."""
