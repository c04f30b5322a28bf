"""The most work that a layer had lately: what stays must be able to do it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.frames import PERIOD
from stackward.scaling.load.reading import Reading

_PARTS = 5


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest work (mean times instances) of each part of the time that is looked back on, the newest first.

    `begun` is when the newest part began.
    """

    begun: datetime
    highest: tuple[float, ...]

    @property
    def work(self) -> float:
        """The most work of the whole time."""
        return max(self.highest)


def peaks(known: Mapping[str, Peak], rules: Rules, readings: Mapping[str, Reading], at: datetime) -> Mapping[str, Peak]:
    """Return the peaks after another frame, of every metric that limits how few may stay."""
    found = dict(known)
    length = max(rules.looked_back / _PARTS, PERIOD)
    kept = ceil(rules.looked_back / length)
    for metric in rules.ceilings:
        reading = readings[metric]
        if reading.mean is None:
            continue
        work = reading.mean * reading.working
        peak = known.get(metric)
        if peak is None:
            found[metric] = Peak(at, (work,))
        elif at - peak.begun >= length:
            found[metric] = Peak(at, (work, *peak.highest[:kept]))
        elif work > peak.highest[0]:
            found[metric] = Peak(peak.begun, (work, *peak.highest[1:]))
    return found
