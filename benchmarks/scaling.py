"""Weeks of scaling by load, simulated minute by minute with the decision itself."""

from __future__ import annotations

import time

from benchmarks.verdicts import Report, Verdict
from stackward.definition.load_scaling import DEFAULT, LoadScaling
from stackward.definition.model import InstanceType
from stackward.scaling.load.conditions import Rules
from stackward.simulator.load.controllers import Stackward
from stackward.simulator.load.demand import DAY, made_up
from stackward.simulator.load.running import Setting, simulate

INSTANCES, MANY = 100, 1_000
WEEK = 7 * DAY
BUDGET = 10.0
"""Seconds of processor time for ten weeks of a hundred instances."""
LINEAR = 15.0
"""The most that ten times the instances may cost; a square would be a hundred times as much."""


def measure(rounds: int) -> Report:
    """Simulate ten weeks of a hundred instances, and a week of ten times as many."""
    weeks = seconds(INSTANCES, 10 * WEEK, min(rounds, 2))
    few, many = (seconds(count, WEEK, min(rounds, 3)) for count in (INSTANCES, MANY))
    return Report(
        "scaling",
        (
            Verdict(f"10 weeks of {INSTANCES} instances, a decision a minute", weeks, BUDGET, unit=" s CPU"),
            Verdict(f"a week of {MANY:,} against {INSTANCES} instances", many / few, LINEAR),
        ),
        notes=(f"{weeks / (10 * WEEK) * 1e6:.0f} µs of processor time a simulated minute",),
    )


def seconds(count: int, minutes: int, rounds: int) -> float:
    """Return the processor time of a simulation: the least, as nothing makes it cheaper than it is."""
    kinds = {f"web{number}": InstanceType.LOAD if number > 2 else InstanceType.ALWAYS for number in range(count)}
    demand = made_up("week", count, minutes, 0)
    policy = LoadScaling(DEFAULT.up, DEFAULT.down, minimum=2, maximum=count)
    found = []
    for _ in range(max(rounds, 1)):
        began = time.process_time()
        outcome = simulate(Stackward(Rules.of(policy)), demand, Setting(kinds, 2, count, 80.0))
        found.append(time.process_time() - began)
        assert outcome.starts > 0
        assert outcome.stops > 0
    return min(found)
