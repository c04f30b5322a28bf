"""One measured value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured at a moment (UTC), and by which source.

    `subject` is an instance, or for a value of a whole layer the layer's group in the inventory (`layer_web`), which no
    instance can be named. `cpu` and `memory` are percent of the whole machine, `load` is the load average of one minute
    divided by the cores. A value may be anything that a collector delivers; NaN means that it was asked and had none.
    """

    subject: str
    metric: str
    at: datetime
    value: float
    source: str = ""


def of_layer(layer: str) -> str:
    """Return the subject of what is measured of a whole layer."""
    return f"layer_{layer}"
