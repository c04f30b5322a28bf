"""How long before it is wanted an instance starts, so that it is online by then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from stackward.definition.model import Instance, Stack
from stackward.scaling.past import Past

UNMEASURED = 120.0
"""Seconds, where no start of the layer has been measured yet."""

LONGEST = 3600.0
"""The most seconds that measured starts are gone by: longer ones were no usual starts."""

_MEASURED = 20
"""How many of the newest starts of a layer count."""

_MINUTE = 60.0


def start_ahead(stack: Stack, instance: Instance, pasts: Mapping[str, Past]) -> float:
    """Seconds, in whole minutes as clocks are usually asked once a minute; the most that a layer of it wants.

    A layer says them itself, or else they are the 95th percentile of how long its newest starts have taken.
    """
    return max(
        (_of_layer(stack, layer.name, layer.start_ahead, pasts) for layer in stack.layers_of(instance)), default=0
    )


def _of_layer(stack: Stack, layer: str, fixed: float | None, pasts: Mapping[str, Past]) -> float:
    if fixed is not None:
        return fixed
    measured = [
        seconds
        for name, past in pasts.items()
        if name in stack.instances and layer in stack.instances[name].layers
        for seconds in past.starts[-_MEASURED:]
    ]
    longest = percentile(measured, 95) if measured else UNMEASURED
    return math.ceil(min(longest, LONGEST) / _MINUTE) * _MINUTE


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of some values that at least so many percent of them are not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
