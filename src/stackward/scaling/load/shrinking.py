"""How many instances may be removed, so that the rest would not be called too few."""

from __future__ import annotations

import math

from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.windows import Windows


def removable(rules: Rules, windows: Windows, working: int) -> tuple[int, str]:
    """Return how many of those that work may go, and what keeps more of them, in words.

    The most work that there was lately is spread over those who stay. No metric may then reach what would add
    instances, less the tolerance, nor a target (a projection, as Azure's autoscale makes it). Thresholds and alarms
    move so many at a time; a target moves as many as the projection allows.
    """
    stepwise = bool(rules.policy.down.thresholds or rules.policy.down.alarms)
    count, why = min(rules.policy.down.step if stepwise else working, working - 1), ""
    for metric, ceiling in rules.ceilings.items():
        peak = windows.peaks.get(metric)
        if peak is None:
            return 0, f"{metric} is not known"
        room = working - math.ceil(peak.work / ceiling - 1e-9)
        if room < count:
            count = max(0, room)
            fewer = max(1, working - count - 1)
            why = f"with {fewer} at work {metric} would have been {peak.work / fewer:.3g} lately, above {ceiling:.3g}"
    return max(0, count), why
