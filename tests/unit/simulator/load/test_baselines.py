"""The rules of others, as they are documented."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stackward.definition.load_scaling import DOWN, UP
from stackward.lifecycle.states import Desired, State
from stackward.scaling.load.frames import Frame
from stackward.scaling.load.members import Fleet
from stackward.simulator.load.hpa import HorizontalPodAutoscaler
from stackward.simulator.load.opsworks import OpsWorks
from tests.layers_under_load import MINUTE, NOON, member, members, policy


class Looking:
    """Somebody who is shown the same fleet minute after minute."""

    def __init__(self, controller, instances):
        self.controller = controller
        self.fleet = Fleet.of(instances)
        self.now = NOON

    def minutes(self, count, value, metric="cpu"):
        return [self.look(value, metric) for _ in range(count)]

    def look(self, value, metric="cpu"):
        self.now += MINUTE
        column = value if isinstance(value, dict) else dict.fromkeys(self.fleet.names, value)
        starts, stops, _ = self.controller.look(self.fleet, Frame(self.now, {metric: column}), self.now)
        return (*(f"+{name}" for name in starts), *(f"-{name}" for name in stops))


def opsworks(**changes):
    return OpsWorks(policy(**changes))


def test_opsworks_starts_after_five_minutes_and_then_ignores_metrics_for_five():
    found = Looking(opsworks(), members(2, 3)).minutes(15, 90)
    assert [minute for minute, moved in enumerate(found) if moved] == [4, 13]
    assert found[4] == ("+web3",)


def test_opsworks_stops_after_ten_minutes_whatever_comes_of_it():
    found = Looking(opsworks(down=replace(DOWN, thresholds={"cpu": 50.0})), members(2)).minutes(10, 49)
    assert found[9] == ("-web2",)


def test_opsworks_moves_for_any_one_metric_in_both_directions():
    both = {"up": replace(UP, thresholds={"cpu": 80.0, "memory": 80.0})}
    assert any(Looking(opsworks(**both), members(2, 1)).minutes(5, 90, "memory"))
    down = {"down": replace(DOWN, thresholds={"cpu": 30.0, "memory": 30.0})}
    assert any(Looking(opsworks(**down), members(3)).minutes(10, 10, "memory"))


def test_opsworks_keeps_to_the_bounds_it_was_given():
    assert not any(Looking(opsworks(maximum=2), members(2, 3)).minutes(10, 90))
    assert not any(Looking(opsworks(minimum=3), members(3)).minutes(20, 10))


def hpa(**changes):
    return HorizontalPodAutoscaler(policy(**changes), 50.0)


@pytest.mark.parametrize(
    ("value", "moved"),
    [(54, 0), (56, 1), (80, 3), (100, 4), (46, 0)],
)
def test_hpa_starts_what_brings_the_mean_to_the_target_within_a_tolerance(value, moved):
    assert len(Looking(hpa(), members(4, 6)).look(value)) == moved


def test_hpa_at_most_doubles_or_adds_four():
    assert len(Looking(hpa(maximum=30), members(2, 20)).look({"web1": 400, "web2": 400})) == 4
    assert len(Looking(hpa(maximum=30), members(6, 20)).look(dict.fromkeys((f"web{n}" for n in range(1, 7)), 300))) == 6


def test_hpa_shrinks_to_the_most_of_the_last_five_minutes():
    looking = Looking(hpa(), members(8))
    found = [looking.look(50), *looking.minutes(6, 20)]
    assert found[:6] == [()] * 6
    assert found[6] == ("-web8", "-web7", "-web6", "-web5")


def test_hpa_counts_those_that_are_not_ready_as_idle_when_it_grows():
    coming = [member(f"web{n}", State.BOOTING, wanted=Desired.ONLINE) for n in (3, 4)]
    more = [member("web5", State.STOPPED)]
    assert Looking(hpa(), [*members(2), *coming, *more]).look(90) == ()
    young = [member("web3", since=NOON + timedelta(seconds=30)), *more]
    assert Looking(hpa(), [*members(2), *young]).look({"web1": 60, "web2": 60, "web3": 100}) == ()


def test_hpa_counts_the_silent_as_busy_when_it_shrinks_and_as_idle_when_it_grows():
    looking = Looking(hpa(), members(4))
    assert not any(looking.minutes(10, {"web1": 10, "web2": 10}))
    assert Looking(hpa(), members(4, 4)).look({"web1": 80, "web2": 80}) == ()


def test_hpa_does_nothing_without_any_metric():
    assert not any(Looking(hpa(), members(4, 4)).minutes(10, {}))
