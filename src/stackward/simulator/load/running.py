"""A layer, a demand and somebody who decides: minute by minute, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from stackward.definition.load_scaling import CPU
from stackward.definition.model import InstanceType
from stackward.scaling.load.conditions import Direction
from stackward.simulator.load.controllers import Controller
from stackward.simulator.load.demand import Demand
from stackward.simulator.load.machines import Habits, Machines, layer

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""

_MINUTE = timedelta(minutes=1)
_HOUR = 60


@dataclass(frozen=True, slots=True)
class Setting:
    """The layer that is simulated. A minute is a breach where those at work have more than `limit` percent to do."""

    instances: Mapping[str, InstanceType]
    minimum: int
    maximum: int
    limit: float
    metrics: tuple[str, ...] = (CPU,)
    habits: Habits = field(default_factory=Habits)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that moved something, in minutes from the beginning."""

    minute: int
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Course:
    """What was so in each minute: work (percent of one instance at work), and how many were at work and ran."""

    busy: tuple[float, ...]
    working: tuple[int, ...]
    running: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a simulation.

    `breach_minutes` are those above the limit, `overload_minutes` those with more to do than could be done. `regretted`
    are starts of instances that were stopped less than an hour before.
    """

    controller: str
    minutes: int
    instance_hours: float
    breach_minutes: int
    overload_minutes: int
    reversals: int
    starts: int
    stops: int
    regretted: int
    least: int
    most: int
    changes: tuple[Change, ...]
    course: Course


def simulate(controller: Controller, demand: Demand, setting: Setting) -> Outcome:
    """Let somebody decide about a layer for as long as there is demand."""
    machines = Machines(layer(setting.instances, setting.minimum, BEGAN), setting.habits, setting.metrics, setting.seed)
    now = BEGAN
    busy: list[float] = []
    working: list[int] = []
    running: list[int] = []
    changes: list[Change] = []
    for minute, work in enumerate(demand.work):
        now += _MINUTE
        machines.tick(now)
        at_work = len(machines.fleet.names)
        busy.append(100 * work / at_work if at_work else 100.0 * bool(work))
        working.append(at_work)
        running.append(machines.running)
        frame = machines.frame(work, demand.silent[minute] if demand.silent else 0.0, now)
        starts, stops, why = controller.look(machines.fleet, frame, now)
        if starts or stops:
            changes.append(Change(minute, tuple(starts), tuple(stops), why))
            if starts:
                machines.start(starts, now)
            if stops:
                machines.stop(stops, now)
    return Outcome(
        controller.name,
        len(busy),
        sum(running) / 60,
        sum(1 for each in busy if each > setting.limit),
        sum(1 for each in busy if each > 100),
        turns(changes),
        sum(len(change.starts) for change in changes),
        sum(len(change.stops) for change in changes),
        regretted(changes),
        min(working, default=0),
        max(working, default=0),
        tuple(changes),
        Course(tuple(busy), tuple(working), tuple(running)),
    )


def turns(changes: list[Change]) -> int:
    """Return how often starting turned into stopping or back."""
    directions = [Direction.OUT if change.starts else Direction.IN for change in changes]
    return sum(1 for one, other in pairwise(directions) if one is not other)


def regretted(changes: Iterable[Change]) -> int:
    """Return how many starts are of instances that were stopped less than an hour before."""
    stopped: dict[str, int] = {}
    count = 0
    for change in changes:
        count += sum(1 for name in change.starts if change.minute - stopped.get(name, -_HOUR) < _HOUR)
        stopped.update(dict.fromkeys(change.stops, change.minute))
    return count
