"""Whole weeks of a layer under load: how often the direction turns, and for how long there are too few."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest

from stackward.definition.load_scaling import LoadScaling
from stackward.definition.model import InstanceType
from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.decision import Decision, Observed, decide
from stackward.scaling.load.frames import Frame
from stackward.scaling.load.members import Fleet
from stackward.scaling.load.windows import as_data, from_data
from stackward.simulator.load.comparison import ALWAYS, INSTANCES, LIMIT, STEPS, TARGET
from stackward.simulator.load.controllers import Names, Stackward
from stackward.simulator.load.demand import DAY, NAMES, Demand, made_up
from stackward.simulator.load.running import Outcome, Setting, simulate

WEEK = 7 * DAY
KINDS = {f"web{n}": InstanceType.ALWAYS if n <= ALWAYS else InstanceType.LOAD for n in range(1, INSTANCES + 1)}
POLICIES = {"thresholds": STEPS, "target": TARGET}


@dataclass(frozen=True)
class Bounds:
    """The most reversals and minutes above 80 % of a week, by policy."""

    reversals: tuple[int, int]
    breaches: tuple[int, int]


# Two turns a day are the sine and the step themselves, six a day the three spikes. Minutes above the threshold are
# those in which machines boot: once a morning for a target, once for each step of one instance for thresholds.
BOUNDS = {
    "sine": Bounds((14, 18), (200, 6)),
    "step": Bounds((14, 16), (280, 40)),
    "spike": Bounds((42, 42), (650, 90)),
    "noise": Bounds((20, 110), (450, 20)),
    "week": Bounds((28, 50), (280, 25)),
    "missing": Bounds((14, 18), (220, 6)),
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("position", [0, 1], ids=list(POLICIES))
@pytest.mark.parametrize("name", NAMES)
def test_a_week_stays_within_its_bounds(name, position, seed):
    policy = list(POLICIES.values())[position]
    outcome = week(policy, made_up(name, INSTANCES, WEEK, seed), seed)
    assert outcome.reversals <= BOUNDS[name].reversals[position]
    assert outcome.breach_minutes <= BOUNDS[name].breaches[position]
    assert outcome.starts > 0 < outcome.stops
    stays_within(policy, outcome)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("part", [0.0, 0.12, 0.3, 0.6])
def test_a_steady_load_of_any_height_ends_in_rest(policy, part):
    outcome = week(policy, Demand("steady", tuple([INSTANCES * part] * WEEK)), 0)
    assert outcome.reversals <= 1
    # Noise may still show, some day, that one is too many.
    assert sum(1 for change in outcome.changes if change.minute > DAY / 2) <= 1
    assert outcome.course.busy[-1] <= LIMIT


def test_metrics_that_stay_away_for_the_whole_week_move_nothing_below_what_there_is():
    demand = made_up("sine", INSTANCES, WEEK, 0)
    outcome = week(TARGET, Demand("silent", demand.work, (1.0,) * WEEK), 0)
    assert (outcome.starts, outcome.stops) == (0, 0)


def test_metrics_that_end_at_noon_leave_everybody_at_work():
    demand = made_up("sine", INSTANCES, 2 * DAY, 0)
    silence = (0.0,) * (DAY // 2) + (1.0,) * (2 * DAY - DAY // 2)
    outcome = week(TARGET, Demand("cut", demand.work, silence), 0)
    assert outcome.course.working[-1] >= outcome.course.working[DAY // 2]


class Restarted(Stackward):
    """A controller that begins anew at each look, with nothing but what was stored."""

    def look(self, fleet: Fleet, frame: Frame, now) -> tuple[Names, Names, str]:
        self.windows = from_data(as_data(self.windows))
        return Stackward.look(self, fleet, frame, now)


@pytest.mark.parametrize("name", ["spike", "missing"])
def test_a_restart_before_each_look_changes_nothing_in_a_week(name):
    demand = made_up(name, INSTANCES, WEEK, 1)
    setting = Setting(KINDS, ALWAYS, INSTANCES, LIMIT, seed=1)
    steady = simulate(Stackward(Rules.of(TARGET)), demand, setting)
    assert simulate(Restarted(Rules.of(TARGET)), demand, setting) == steady


class Twice(Stackward):
    """A controller that shows what it would do before it does it."""

    def look(self, fleet: Fleet, frame: Frame, now) -> tuple[Names, Names, str]:
        shown = decide(self.rules, fleet, Observed((frame,)), self.windows, now)
        found = Stackward.look(self, fleet, frame, now)
        assert (named(shown), shown.windows) == ((tuple(found[0]), tuple(found[1])), self.windows)
        return found


def test_what_is_shown_before_is_what_is_done_in_each_minute_of_a_week():
    demand = made_up("week", INSTANCES, WEEK, 2)
    assert simulate(Twice(Rules.of(STEPS)), demand, Setting(KINDS, ALWAYS, INSTANCES, LIMIT)).starts


def named(decision: Decision) -> tuple[Names, Names]:
    return tuple(each.instance for each in decision.starts), tuple(each.instance for each in decision.stops)


def week(policy: LoadScaling, demand: Demand, seed: int) -> Outcome:
    return simulate(Stackward(Rules.of(policy)), demand, Setting(KINDS, ALWAYS, INSTANCES, LIMIT, seed=seed))


def stays_within(policy: LoadScaling, outcome: Outcome) -> None:
    """I4, I5, I10 and I12, on what was really done."""
    assert outcome.least >= policy.minimum
    assert max(outcome.course.running) <= policy.maximum
    moved = {name for change in outcome.changes for name in (*change.starts, *change.stops)}
    assert {KINDS[name] for name in moved} <= {InstanceType.LOAD}
    assert all(change.why for change in outcome.changes)
    turns = [later.minute for one, later in pairwise(outcome.changes) if bool(one.starts) is not bool(later.starts)]
    within = timedelta(seconds=policy.reversals_within) // timedelta(minutes=1)
    for first in turns:
        assert sum(1 for turn in turns if first <= turn < first + within) <= policy.reversals
