"""How long before it is wanted an instance starts, so that it is online by then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from stackward.definition.model import Stack
from stackward.scaling.past import Past

UNMEASURED = 120.0
"""Seconds, where no start of the layer has been measured yet."""

LONGEST = 3600.0
"""The most seconds that measured starts are gone by: longer ones were no usual starts."""

_MEASURED = 20
"""How many of the newest starts of each instance count."""

_MINUTE = 60.0


def starts_ahead(stack: Stack, pasts: Mapping[str, Past]) -> dict[str, float]:
    """Seconds for each layer: as it says itself, or else the 95th percentile of how long its newest starts took.

    In whole minutes, as the clock is usually asked once a minute.
    """
    measured: dict[str, list[float]] = {name: [] for name in stack.layers}
    for name, past in pasts.items():
        for layer in stack.instances[name].layers if name in stack.instances else ():
            measured[layer] += past.starts[-_MEASURED:]
    return {
        name: _usual(measured[name]) if layer.start_ahead is None else layer.start_ahead
        for name, layer in stack.layers.items()
    }


def _usual(measured: Sequence[float]) -> float:
    longest = percentile(measured, 95) if measured else UNMEASURED
    return math.ceil(min(longest, LONGEST) / _MINUTE) * _MINUTE


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of some values that at least so many percent of them are not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
