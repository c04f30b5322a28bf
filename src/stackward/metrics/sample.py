"""One measured value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured on an instance at a moment (UTC).

    `cpu` and `memory` are percent of the whole machine, `load` is the load average of one minute divided by the cores.
    A value may be anything that a collector delivers, also no number (NaN).
    """

    instance: str
    metric: str
    at: datetime
    value: float
