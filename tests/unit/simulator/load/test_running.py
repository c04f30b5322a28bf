from dataclasses import replace

import pytest

from stackward.definition.model import InstanceType
from stackward.simulator.load.demand import Demand
from stackward.simulator.load.machines import Habits
from stackward.simulator.load.running import Setting, simulate

KINDS = {
    "web1": InstanceType.ALWAYS,
    "web2": InstanceType.LOAD,
    "web3": InstanceType.LOAD,
}
SETTING = Setting(KINDS, 1, 3, 80.0, habits=Habits(boots=(120.0,), stop=60.0))


class Script:
    """A controller that does what is written for a minute, and keeps what it has seen."""

    name = "script"

    def __init__(self, **moves):
        self.moves = moves
        self.seen = []

    def look(self, fleet, frame, now):
        minute = len(self.seen)
        self.seen.append((fleet, frame))
        starts, stops = self.moves.get(f"at{minute}", ((), ()))
        return starts, stops, "it is written"


def run(demand, setting=SETTING, **moves):
    script = Script(**moves)
    return simulate(script, demand, setting), script.seen


def test_machines_boot_work_and_stop_and_cost_all_the_while():
    outcome, _ = run(Demand("flat", (0.5,) * 10), at1=(("web2",), ()), at6=((), ("web2",)))
    assert outcome.course.working == (1, 1, 1, 2, 2, 2, 2, 1, 1, 1)
    assert outcome.course.running == (1, 1, 2, 2, 2, 2, 2, 1, 1, 1)
    assert outcome.instance_hours == pytest.approx(15 / 60)
    assert (outcome.starts, outcome.stops, outcome.reversals, outcome.least, outcome.most) == (1, 1, 1, 1, 2)
    assert [(change.minute, change.why) for change in outcome.changes] == [(1, "it is written"), (6, "it is written")]


def test_a_start_within_an_hour_of_the_stop_of_the_same_instance_is_one_to_regret():
    moves = {"at1": (("web2",), ()), "at6": ((), ("web2",)), "at65": (("web2", "web3"), ()), "at70": ((), ("web2",))}
    outcome, _ = run(Demand("flat", (0.5,) * 140), **moves, at130=(("web2",), ()))
    assert (outcome.starts, outcome.regretted) == (4, 1)


def test_a_minute_with_too_few_is_a_breach_and_one_with_more_than_can_be_done_an_overload():
    outcome, _ = run(Demand("rising", (0.5, 0.8, 0.9, 1.0, 1.1)))
    assert (outcome.breach_minutes, outcome.overload_minutes) == (3, 1)
    assert outcome.course.busy == pytest.approx((50, 80, 90, 100, 110))


def test_starts_take_as_long_as_any_of_those_that_were_measured():
    habits = Habits(boots=(60.0, 300.0))
    seen = set()
    for seed in range(10):
        outcome, _ = run(Demand("flat", (0.5,) * 9), replace(SETTING, habits=habits, seed=seed), at0=(("web2",), ()))
        seen.add(outcome.course.working.index(2))
    assert seen == {1, 5}


def test_configure_shows_in_the_metrics_of_everybody_when_one_comes():
    habits = Habits(boots=(60.0,), configure=30.0, tremble=0.0)
    _, seen = run(Demand("flat", (0.4,) * 8), replace(SETTING, habits=habits), at2=(("web2",), ()))
    cpu = [frame.values["cpu"]["web1"] for _, frame in seen]
    assert cpu[:3] == pytest.approx([40, 40, 40])
    assert cpu[4] == pytest.approx(20 + 50)
    assert cpu[7] == pytest.approx(20)
    assert [bool(fleet.activity) for fleet, _ in seen] == [False] * 3 + [True] * 3 + [False] * 2


def test_metrics_stay_within_what_can_be_and_silence_is_silent():
    setting = replace(SETTING, metrics=("cpu", "memory", "load"), habits=Habits(tremble=30.0))
    _, seen = run(Demand("wild", (0.0, 3.0) * 20, (0.0,) * 20 + (1.0,) * 20), setting)
    for _, frame in seen[:20]:
        assert all(1 <= frame.values[name]["web1"] <= 100 for name in ("cpu", "memory"))
        assert frame.values["load"]["web1"] > 0
    assert all(frame.values == {"cpu": {}, "memory": {}, "load": {}} for _, frame in seen[20:])
