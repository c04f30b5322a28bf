"""Stackward beside OpsWorks and HPA: the same machines, the same load, the same numbers where they have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stackward.definition.load_scaling import CPU, DOWN, UP, LoadScaling, Target
from stackward.definition.model import InstanceType
from stackward.scaling.load.conditions import Rules
from stackward.simulator.load.controllers import Controller, Stackward
from stackward.simulator.load.demand import DAY, NAMES, made_up
from stackward.simulator.load.hpa import HorizontalPodAutoscaler
from stackward.simulator.load.opsworks import OpsWorks
from stackward.simulator.load.running import Outcome, Setting, simulate

INSTANCES, ALWAYS, LIMIT, AIM = 20, 2, 80.0, 55.0
"""How many instances, how many of them always run, from what CPU on they are too few, and the target (percent)."""

DAYS, SEED = 7, 0

_ALL = {f"web{n}": InstanceType.ALWAYS if n <= ALWAYS else InstanceType.LOAD for n in range(1, INSTANCES + 1)}
STEPS = LoadScaling(minimum=ALWAYS, maximum=INSTANCES)
TARGET = replace(STEPS, up=replace(UP, thresholds={}), down=replace(DOWN, thresholds={}), target=Target({CPU: AIM}))

FIGURES: Mapping[str, Callable[[Outcome], float]] = {
    "minutes above 80 %": lambda outcome: outcome.breach_minutes,
    "instance-hours": lambda outcome: round(outcome.instance_hours),
    "reversals": lambda outcome: outcome.reversals,
    "starts": lambda outcome: outcome.starts,
    "starts less than an hour after a stop": lambda outcome: outcome.regretted,
}
"""What is compared; less is better."""

PAIRS = (("OpsWorks", "Stackward, its thresholds"), ("HPA", "Stackward, a target"))
"""What Stackward is compared with, and how it is called there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one load, for each of those that are compared, by name."""

    demand: str
    figure: str
    values: Mapping[str, float]


def rows() -> tuple[Row, ...]:
    """Simulate everything and return the figures, load by load."""
    return tuple(row for name in NAMES for row in _of(name))


def worse(found: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Yield where Stackward is worse than what it is compared with, with the name of that."""
    for other, own in PAIRS:
        for row in found:
            if row.values[own] > row.values[other]:
                yield other, row


def _of(name: str) -> Iterator[Row]:
    demand = made_up(name, INSTANCES, DAYS * DAY, SEED)
    setting = Setting(_ALL, ALWAYS, INSTANCES, LIMIT, seed=SEED)
    outcomes = {controller.name: simulate(controller, demand, setting) for controller in _controllers()}
    for figure, value in FIGURES.items():
        yield Row(name, figure, {called: value(outcome) for called, outcome in outcomes.items()})


def _controllers() -> tuple[Controller, ...]:
    (opsworks, steps), (hpa, target) = PAIRS
    return (
        OpsWorks(STEPS, opsworks),
        Stackward(Rules.of(STEPS), steps),
        HorizontalPodAutoscaler(STEPS, AIM, hpa),
        Stackward(Rules.of(TARGET), target),
    )
