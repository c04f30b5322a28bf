"""Decisions of scaling by load at their very edges: at a threshold, at the end of a wait, by the largest of several."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stackward.definition.load_scaling import DOWN, UP, Target
from stackward.lifecycle.states import State
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.scaling.load.decision import Observed, decide
from stackward.scaling.load.members import Fleet
from tests.layers_under_load import LONG_AGO, MINUTE, NOON, Watch, member, members, policy, rule, started, stopped


def test_a_mean_that_is_the_threshold_itself_moves_nobody():
    assert not any(started(Watch(policy(), members(2, 2)).minutes(30, 80)))
    watch = Watch(policy(down=rule(DOWN, thresholds={"cpu": 30})), members(4))
    assert not any(stopped(watch.minutes(30, 30)))


def test_of_several_conditions_that_add_the_one_that_wants_the_most_counts():
    scaling = policy(up=rule(UP, thresholds={"memory": 80}), target=Target({"cpu": 50}, 600, 900), down=rule(DOWN))
    assert started(Watch(scaling, members(2, 6)).minutes(5, 95, memory=90))[-1] == (
        "web3",
        "web4",
        "web5",
        "web6",
    )


def test_an_alarm_adds_nobody_while_those_on_the_way_may_be_enough():
    instances = [*members(2), member("web3", State.BOOTING, since=NOON), member("web4", State.STOPPED)]
    watch = Watch(policy(up=rule(UP, thresholds={}, alarms=("slow",))), instances)
    watch.alarms = {"slow": Alarm(AlarmState.ALARM, NOON)}
    decisions = watch.minutes(10)
    assert not any(started(decisions))
    assert "1 on the way may be enough" in decisions[-1].evaluation.reason


def test_what_comes_is_enough_where_it_brings_the_mean_to_the_threshold():
    instances = [*members(2), member("web3", State.BOOTING, since=NOON), member("web4", State.STOPPED)]
    scaling = policy(up=rule(UP, thresholds={"cpu": 60}, wait=0))
    assert not any(started(Watch(scaling, instances).minutes(10, 90)))


@pytest.mark.parametrize(("state", "kept"), [(AlarmState.ALARM, True), (AlarmState.OK, False)])
def test_an_alarm_that_would_add_keeps_instances_from_being_stopped_also_before_its_time(state, kept):
    scaling = policy(up=rule(UP, alarms=("slow",), hold=86_400))
    watch = Watch(scaling, members(4))
    watch.alarms = {"slow": Alarm(state, NOON)}
    assert any(stopped(watch.minutes(12, 10))) is not kept


def test_nobody_stops_while_one_is_on_the_way():
    instances = [*members(4), member("web5", State.BOOTING, since=NOON)]
    decisions = Watch(policy(), instances).minutes(12, 10)
    assert not any(stopped(decisions))
    assert "1 on the way" in [brake.why for brake in decisions[-1].evaluation.brakes]


def test_the_most_work_of_the_whole_time_looked_back_on_counts_and_not_its_least():
    scaling = policy(up=rule(UP, thresholds={"cpu": 80}, hold=1800), down=rule(DOWN, thresholds={"cpu": 75}))
    shown = [70, 40, 40, 40, 40, 40, 40, 40, 40, 40]
    watch = Watch(scaling, members(4))
    assert not any(stopped([watch.look(value) for value in shown]))
    assert any(stopped(watch.minutes(6, 40)))


def test_three_hours_without_a_refusal_make_the_next_one_the_first_again():
    watch = Watch(policy(minimum=3), [*members(2), member("web3", State.START_FAILED)])
    watch.refusals = (watch.now,)
    watch.look(50)
    assert watch.windows.backoff == 300
    watch.now += timedelta(hours=2)
    watch.refusals = (watch.now,)
    watch.look(50)
    assert watch.windows.backoff == 600
    watch.now += timedelta(hours=3, minutes=2)
    watch.refusals = (watch.now,)
    watch.look(50)
    assert watch.windows.backoff == 300


def test_of_those_that_are_stopped_the_warm_ones_start_first():
    cold = replace(member("web2", State.STOPPED), warm=False)
    fleet = Fleet.of([*members(1), cold, member("web3", State.STOPPED)])
    assert [each.name for each in fleet.startable] == ["web3", "web2"]


def test_an_instance_counts_from_the_moment_at_which_it_is_warm():
    scaling = policy(warm_up=120.0)
    came = NOON - 2 * MINUTE
    watch = Watch(scaling, [member("web1", since=came), member("web2", since=LONG_AGO)])
    watch.now = NOON - MINUTE
    reading = watch.look({"web1": 90, "web2": 10}).windows.readings["cpu"]
    assert (reading.mean, reading.doubt) == (50, "")


def test_a_layer_at_its_maximum_of_machines_gets_no_more_where_some_are_broken():
    instances = [*members(1), *(member(f"web{n}", State.SETUP_FAILED) for n in (2, 3)), member("web4", State.STOPPED)]
    watch = Watch(policy(minimum=2, maximum=3), instances)
    assert not any(started(watch.minutes(3, 50)))


def test_no_more_are_stopped_than_the_minimum_leaves():
    watch = Watch(policy(minimum=3, down=rule(DOWN, step=5)), members(4))
    assert stopped(watch.minutes(10, 10))[-1] == ("web4",)


def test_a_metric_of_which_no_work_is_known_lets_nobody_stop():
    scaling = policy(up=rule(UP, thresholds={"memory": 80}), down=rule(DOWN, thresholds={"cpu": 30}))
    watch = Watch(scaling, members(4))
    watch.minutes(12, 10, memory=10)
    watch.windows = replace(watch.windows, peaks={}, quiet_in=None)
    fleet = Fleet.of(watch.members)
    assert not decide(watch.rules, fleet, Observed(), watch.windows, watch.now).stops
