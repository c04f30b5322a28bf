"""What a metric of a layer was in a frame: the mean over the instances that count, and what casts doubt on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stackward.definition.load_scaling import MEASURED, PERCENT
from stackward.scaling.load.frames import WHOLE, Frame
from stackward.scaling.load.members import Activity, Fleet

AFTERMATH = timedelta(minutes=1)
"""How long an event goes on showing in the metrics of its instance."""

LONGEST_EVENT = timedelta(minutes=15)
"""An event that runs for longer excuses high values no more."""

_FULL = 100.5
"""What a percentage may be at most; collectors round."""

_LARGEST = 1e15
"""What any other metric may be at most: more is a mistake of whoever measures, and would spoil the sums."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The mean of a metric over the instances that count, None where none reported something believable.

    `reporting` of the `working` instances are in it. `doubt` says why it is not the whole truth, "" if it is.
    """

    metric: str
    mean: float | None
    reporting: int
    working: int
    doubt: str = ""


def counted(fleet: Fleet, at: datetime, warm_up: timedelta) -> tuple[Sequence[str], str]:
    """Return who counts in a frame: those at work, warm, and busy with no event; and why it is not everybody."""
    names: Sequence[str] = fleet.names
    doubt = ""
    if at - fleet.newest < warm_up:
        names = [member.name for member in fleet.working if at - member.since >= warm_up]
        doubt = f"{len(fleet.names) - len(names)} warming up"
    if fleet.activity:
        free = [name for name in names if not busy(fleet.activity.get(name, ()), at)]
        if len(free) < len(names):
            doubt = ", ".join(filter(None, (doubt, f"{len(names) - len(free)} busy with an event")))
        names = free
    return names, doubt


def busy(activity: Sequence[Activity], at: datetime) -> bool:
    """Whether what is measured in the minute from `at` may be an event's doing."""
    return any(
        each.begin < at + AFTERMATH
        and at < (each.end if each.end is not None else each.begin + LONGEST_EVENT) + AFTERMATH
        and at < each.begin + LONGEST_EVENT
        for each in activity
    )


def read(metric: str, frame: Frame, names: Sequence[str], working: int, doubt: str) -> Reading:
    """Return the mean of a metric over `names`. What is missing or cannot be is left out, and casts doubt.

    A value of the whole layer counts as the mean, whoever is at work.
    """
    column: Mapping[str, float] = frame.values.get(metric, {})
    if WHOLE in column:
        return _of_layer(metric, column[WHOLE], working)
    try:
        values = [column[name] for name in names]
    except KeyError:
        values = [column[name] for name in names if name in column]
        doubt = _and(doubt, f"{len(names) - len(values)} silent")
    if not values:
        return Reading(metric, None, 0, working, doubt or "nobody to measure")
    most = _FULL if metric in PERCENT else _LARGEST
    total = sum(values)
    if not (math.isfinite(total) and min(values) >= 0 and max(values) <= most):
        believable = [value for value in values if 0 <= value <= most]
        silent = sum(1 for value in values if math.isnan(value))
        impossible = len(values) - len(believable) - silent
        doubt = _and(doubt, f"{silent} silent" if silent else "")
        doubt = _and(doubt, f"{impossible} with an impossible value" if impossible else "")
        if not believable:
            return Reading(metric, None, 0, working, doubt)
        values, total = believable, sum(believable)
    if not total and metric in MEASURED:
        return Reading(metric, None, 0, working, _and(doubt, "all exactly zero, which no machine is"))
    return Reading(metric, total / len(values), len(values), working, doubt)


def _of_layer(metric: str, value: float, working: int) -> Reading:
    if 0 <= value <= (_FULL if metric in PERCENT else _LARGEST):
        return Reading(metric, value, working, working)
    return Reading(metric, None, 0, working, "silent" if math.isnan(value) else "an impossible value")


def _and(one: str, other: str) -> str:
    return f"{one}, {other}" if one and other else one or other
