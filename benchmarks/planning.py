"""Decisions for a large stack, without anything around them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.verdicts import Report, Verdict
from stackward.definition.model import Instance, Layer, ProviderChoice, Stack
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Observations, Plan, decide
from stackward.state.records import InstanceRecord, MachineRecord, Request, StackState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEW, MANY = 1_000, 10_000
BUDGET = 0.2
"""Seconds of processor time for one decision about many instances."""
LINEAR = 15.0
"""The most that ten times the instances may cost; a square would be a hundred times as much."""


def measure(rounds: int) -> Report:
    """Decide about instances that are idle, due a Configure, or to be started."""
    verdicts = []
    for what, situation, moves in (
        ("all online, nothing due", idle, 0),
        ("all online, Configure due", due, 1),
        ("all to be started", wanted, 1),
    ):
        few, many = (seconds(situation, count, moves * count, rounds) for count in (FEW, MANY))
        verdicts += [
            Verdict(f"{MANY:,} instances, {what}", many, BUDGET, unit=" s CPU"),
            Verdict(f"{MANY:,} against {FEW:,} instances, {what}", many / few, LINEAR),
        ]
    return Report("planner", tuple(verdicts))


def seconds(situation: Callable[[Stack], StackState], count: int, moves: int, rounds: int) -> float:
    """Return the processor time of one decision: the least, as nothing makes it cheaper than it is."""
    stack = large_stack(count)
    state = situation(stack)
    found = []
    for _ in range(max(rounds, 3)):
        began = time.process_time()
        plan = decide(stack, state, Observations(), NOW)
        found.append(time.process_time() - began)
        assert moved(plan) == moves, f"{moved(plan)} moves in place of {moves}"
    return min(found)


def moved(plan: Plan) -> int:
    """Return the number of instances that something is to be done with."""
    return len(plan.moves) + len(plan.configure)


def large_stack(count: int) -> Stack:
    """Return a stack of that many instances in one layer."""
    names = [f"web{number}" for number in range(count)]
    return Stack(
        name="fleet",
        path="/fleet.stack.yml",
        data="/var/fleet",
        state="sqlite://",
        digest="0" * 64,
        provider=ProviderChoice("container"),
        layers={"web": Layer("web")},
        instances={name: Instance(name, ("web",)) for name in names},
    )


def idle(stack: Stack) -> StackState:
    """Return a state in which everybody is online and knows everything."""
    machine = MachineRecord("token", 1, {}, id="machine", address="192.0.2.1")
    records = {
        name: InstanceRecord(name, instance.layers, State.ONLINE, NOW, machine=machine, configured=7)
        for name, instance in stack.instances.items()
    }
    return StackState(stack.name, 7, records, {}, (), {}, stack.digest)


def due(stack: Stack) -> StackState:
    """Return a state in which everybody is online and nobody knows the newest."""
    return dataclasses.replace(idle(stack), generation=8)


def wanted(stack: Stack) -> StackState:
    """Return a state in which everybody is stopped and has been asked to start."""
    request = Request(Desired.ONLINE, Initiator.USER, "benchmark", NOW)
    records = {name: InstanceRecord(name, item.layers, request=request) for name, item in stack.instances.items()}
    return StackState(stack.name, 7, records, {}, (), {}, stack.digest)
