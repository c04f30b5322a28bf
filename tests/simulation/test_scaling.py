"""Weeks of a tick a quarter of an hour, on simulated machines: schedules are kept, also where runs are killed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.model import Instance, InstanceType, Layer
from stackward.definition.schedule_reading import read
from stackward.engine import scaling
from stackward.errors import StackwardError
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Scope
from stackward.scaling.schedule.applied import applied
from stackward.scaling.schedule.windows import wanted_at, windows
from tests.simulation.fuse import Fleet, Fuse, Killed
from tests.stacks import small_stack

pytestmark = pytest.mark.simulation

TICK = timedelta(minutes=15)
SCHEDULES = {
    "office": {"mon-fri": "08:00-20:00", "except": "10-26"},
    "night": {"daily": "22:00-04:00"},
    "fold": {"daily": "02:15-03:45"},
    "whole": {"sat": "00:00-24:00", "sun": "00:00-24:00"},
    "often": {"mon,wed": ["06:00-07:00", "07:30-09:00", "12:00-12:30"]},
}
WEEKS = {
    "spring": datetime(2026, 3, 25, tzinfo=UTC),
    "autumn": datetime(2026, 10, 22, tzinfo=UTC),
}


def stack_of(folder):
    instances = {"always1": Instance("always1", ("web",))}
    for name, data in SCHEDULES.items():
        schedule, mistakes = read(data, (), "Europe/Vienna")
        assert mistakes == []
        instances[name] = Instance(name, ("web",), InstanceType.TIME, schedule=schedule)
    return replace(
        small_stack(apps=False),
        data=str(folder / "data"),
        layers={"web": Layer("web", start_ahead=0.0)},
        instances=instances,
    )


def tick(fleet, stack, now, fuse=None, broken=frozenset()):
    """What the playbook scale does: requests, then a converge of what was asked for."""

    def act(conductor):
        def on_host(instance, begun):
            conductor.on_host(instance, begun)
            if instance in broken:
                raise StackwardError(f"{instance} is broken")

        decision = scaling.request_scaling(conductor.store, stack, actor="scale", now=now)
        names = scaling.movable(decision, conductor.store.snapshot("shop"), now)
        replace(conductor, on_host=on_host).converge(stack, Scope(frozenset(names)))

    fleet.run(act, now, fuse)


def online(fleet):
    return {name for name, record in fleet.store.snapshot("shop").instances.items() if record.state is State.ONLINE}


def wanted(stack, now):
    return {name for name, its in applied(stack).items() if wanted_at([item.schedule for item in its], now)}


def asked(fleet, name, desired):
    entries = fleet.store.journal("shop", instance=name, kinds=("request",), limit=10_000)
    return [entry for entry in entries if entry.data["desired"] == desired.value]


@pytest.mark.parametrize("week", WEEKS)
def test_through_a_change_of_clocks_every_window_opens_once_and_is_kept(tmp_path, week):
    fleet, stack, begin = Fleet(tmp_path), stack_of(tmp_path), WEEKS[week]
    now = begin
    while now < begin + timedelta(days=7):
        tick(fleet, stack, now)
        assert online(fleet) == wanted(stack, now), now
        now += TICK
    for name, its in applied(stack).items():
        opened = windows([item.schedule for item in its], begin, begin + timedelta(days=7))
        starts = [entry.data["opening"] for entry in asked(fleet, name, Desired.ONLINE)]
        assert starts == [window.start.isoformat() for window in opened]
        assert all(entry.data["initiated_by"] == "auto-scaling" for entry in asked(fleet, name, Desired.STOPPED))
    assert asked(fleet, "always1", Desired.ONLINE) == []


def test_a_second_tick_at_the_same_moment_changes_nothing(tmp_path):
    """I28."""
    fleet, stack = Fleet(tmp_path), stack_of(tmp_path)
    for hour in range(48):
        now = WEEKS["autumn"] + timedelta(hours=hour)
        tick(fleet, stack, now)
        before, entries, calls = fleet.store.snapshot("shop"), fleet.store.journal("shop"), len(fleet.provider.calls)
        tick(fleet, stack, now)
        assert fleet.store.snapshot("shop") == before
        assert fleet.store.journal("shop") == entries
        assert len(fleet.provider.calls) == calls


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(2, 6))])
def test_ticks_that_are_killed_anywhere_or_left_out_lose_nothing(tmp_path, seed):
    """I13: after any crash what runs is what the schedule wants at that moment."""
    chance = random.Random(seed)
    fleet, stack = Fleet(tmp_path), stack_of(tmp_path)
    now = WEEKS["autumn"]
    while now < WEEKS["autumn"] + timedelta(days=4):
        for _ in range(chance.choice([0, 1, 1, 2])):
            try:
                tick(fleet, stack, now, Fuse(chance.choice([None, *range(30)])))
            except Killed:
                continue
        now += TICK
    tick(fleet, stack, now)
    assert online(fleet) == wanted(stack, now)
    machines = [machine.instance for machine in fleet.provider.machines.values()]
    assert len(machines) == len(set(machines))
    for name in applied(stack):
        openings = [entry.data["opening"] for entry in asked(fleet, name, Desired.ONLINE)]
        assert len(openings) == len(set(openings)), name


def test_a_host_that_fails_is_tried_a_few_times_and_starts_again_in_its_next_window(tmp_path):
    fleet, stack = Fleet(tmp_path), stack_of(tmp_path)
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    now = monday
    while now < monday + timedelta(days=1):
        tick(fleet, stack, now, broken={"office"})
        now += TICK
    assert 2 <= len(asked(fleet, "office", Desired.ONLINE)) <= 5
    assert fleet.store.snapshot("shop").instances["office"].state is State.STOPPED
    tick(fleet, stack, now + timedelta(hours=12))
    assert "office" in online(fleet)


def test_who_wanted_it_is_told_while_it_is_requested(tmp_path):
    fleet, stack = Fleet(tmp_path), stack_of(tmp_path)
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    scaling.request_scaling(fleet.store, stack, actor="scale", now=now)
    assert fleet.store.snapshot("shop").instances["office"].request.initiator is Initiator.AUTO_SCALING
