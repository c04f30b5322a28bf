"""Starting eight instances at once, against starting one."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

from benchmarks.measuring import Cost, MeasuringError, interleaved, ratio
from benchmarks.project import Project, project
from benchmarks.verdicts import Report, Verdict
from stackward.lifecycle.states import State

MANY = 8
CORES = 2
"""Processors for which the bound on the time is meant."""


def measure(rounds: int) -> Report:
    """Start instances from nothing to online, and count how often each of them was configured."""
    configures: list[int] = []
    costs = interleaved(
        {"eight": lambda: started(MANY, configures), "one": lambda: started(1, [])}, rounds, rehearse=False
    )
    return Report(
        "start",
        (
            Verdict("time of starting one, for eight at once", ratio(costs, "eight", "one", "wall"), 3.0),
            Verdict("Configure rounds for eight at once", max(configures), 1, unit=""),
        ),
        costs,
    )


def started(count: int, configures: list[int]) -> Cost:
    """Start that many instances, and add to `configures` the rounds that there were."""
    definition = {"layers": {"job": {}}, "instances": {f"job[1:{count}]": {"layers": ["job"]}}}
    with ExitStack() as stack:
        made = stack.enter_context(project(f"bench-start-{count}", definition, hosts=True))
        cost = made.play("stackward.ops.start")
        configures.append(configured(made, count))
    return cost


def configured(made: Project, count: int) -> int:
    """Return how often the instance that was configured most often was. Raises MeasuringError if not all are online."""
    with made.store() as store:
        online = [
            record.name for record in store.snapshot(made.name).instances.values() if record.state is State.ONLINE
        ]
        if len(online) != count:
            raise MeasuringError(f"{len(online)} of {count} instances came online")
        commands = store.commands(made.name, limit=count * 100)
    return max(Counter(command.instance for command in commands if command.event == "configure").values())
