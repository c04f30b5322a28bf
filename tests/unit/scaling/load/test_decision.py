from dataclasses import replace
from datetime import timedelta

import pytest

from stackward.definition.load_scaling import DOWN, UP, Mode, Target
from stackward.definition.model import InstanceType
from stackward.lifecycle.states import Desired, State
from stackward.metrics.alarm import Alarm, AlarmState
from stackward.scaling.load.conditions import Direction
from stackward.scaling.load.evaluation import lines
from stackward.scaling.load.frames import WHOLE
from stackward.scaling.load.members import Activity
from tests.layers_under_load import (
    LONG_AGO,
    MINUTE,
    NOON,
    Watch,
    member,
    members,
    policy,
    rule,
    started,
    stopped,
    targeted,
)

NOBODY = ()


def test_one_instance_starts_when_the_mean_has_been_above_the_threshold_for_five_minutes():
    watch = Watch(policy(), members(2, 3))
    assert started(watch.minutes(5, 85)) == [NOBODY] * 4 + [("web3",)]


def test_the_mean_of_the_layer_counts_and_not_one_hot_instance():
    watch = Watch(policy(), members(2, 3))
    assert not any(started(watch.minutes(30, {"web1": 100, "web2": 40})))


def test_the_wait_after_a_step_bounds_how_fast_more_are_added():
    watch = Watch(policy(), members(2, 3))
    found = started(watch.minutes(15, 99))
    assert [position for position, names in enumerate(found) if names] == [4, 9, 14]


def test_what_is_on_the_way_counts_as_capacity():
    instances = [*members(2), member("web3", State.BOOTING, since=NOON), *members(5)[3:4]]
    watch = Watch(policy(up=rule(UP, wait=0)), [*instances, member("web5", State.STOPPED)])
    decisions = watch.minutes(20, 85)
    assert not any(started(decisions))
    assert "1 on the way will bring it to" in decisions[-1].evaluation.reason


def test_a_saturated_fleet_is_not_believed_to_need_only_what_it_shows():
    instances = [*members(2), member("web3", State.BOOTING, since=NOON), member("web4", State.STOPPED)]
    assert any(started(Watch(policy(), instances).minutes(5, 100)))


def test_an_instance_that_never_arrives_is_not_counted_on_for_ever():
    instances = [*members(2), member("web3", State.BOOTING, since=NOON), member("web4", State.STOPPED)]
    watch = Watch(policy(), instances)
    found = started(watch.minutes(40, 85))
    assert [position for position, names in enumerate(found) if names] == [30, 35]


def test_what_was_asked_for_just_now_is_on_the_way_however_long_it_was_stopped():
    waiting = member("web3", State.STOPPED, wanted=Desired.ONLINE, asked=NOON)
    watch = Watch(policy(), [*members(2), waiting, member("web4", State.STOPPED)])
    assert not any(started(watch.minutes(20, 85)))


def test_one_instance_stops_when_the_mean_has_been_below_the_threshold_for_ten_minutes():
    watch = Watch(policy(), members(4))
    assert stopped(watch.minutes(10, 20)) == [NOBODY] * 9 + [("web4",)]


def test_nothing_stops_where_the_rest_would_be_too_few():
    watch = Watch(policy(down=rule(DOWN, thresholds={"cpu": 50})), members(2))
    decisions = watch.minutes(30, 45)
    assert not any(stopped(decisions))
    assert "with 1 at work cpu would have been 90 lately, above 72" in decisions[-1].evaluation.reason


def test_the_projection_looks_at_every_metric_that_would_add_instances():
    scaling = policy(up=rule(UP, thresholds={"cpu": 80, "memory": 80}))
    assert not any(stopped(Watch(scaling, members(3)).minutes(30, 10, memory=60)))
    assert any(stopped(Watch(scaling, members(3)).minutes(30, 10, memory=40)))


def test_any_metric_adds_and_only_all_together_remove():
    scaling = policy(
        up=rule(UP, thresholds={"cpu": 80, "load": 2}), down=rule(DOWN, thresholds={"cpu": 30, "load": 0.5})
    )
    assert any(started(Watch(scaling, members(2, 2)).minutes(5, 10, load=3)))
    assert not any(stopped(Watch(scaling, members(4)).minutes(20, 10, load=0.6)))
    assert any(stopped(Watch(scaling, members(4)).minutes(20, 10, load=0.4)))


def test_a_value_within_the_tolerance_does_not_begin_and_does_not_end_anything():
    scaling = policy(up=rule(UP, thresholds={"cpu": 80}))
    assert not any(started(Watch(scaling, members(2, 2)).minutes(30, 79)))
    watch = Watch(scaling, members(2, 2))
    watch.minutes(3, 90)
    watch.look(75)
    assert started([watch.look(90)]) == [("web3",)]
    watch = Watch(scaling, members(2, 2))
    watch.minutes(3, 90)
    watch.look(71)
    assert started(watch.minutes(5, 90)) == [NOBODY] * 4 + [("web3",)]


def test_nothing_starts_at_a_moment_that_is_not_above_the_threshold_itself():
    watch = Watch(policy(), members(2, 2))
    watch.minutes(4, 90)
    assert started([watch.look(79), watch.look(90)]) == [NOBODY, ("web3",)]


@pytest.mark.parametrize("missing", [{"web1": 10}, {"web1": 10, "web2": 10, "web3": float("nan")}, {}, None])
def test_metrics_that_are_missing_in_part_keep_instances_from_being_stopped(missing):
    watch = Watch(policy(), members(3))
    watch.minutes(9, 10)
    assert stopped([watch.look(missing)]) == [NOBODY]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 101.0, 1e300])
def test_an_impossible_value_is_no_reason_to_start_anything(value):
    assert not any(started(Watch(policy(), members(2, 2)).minutes(20, value)))


@pytest.mark.parametrize("value", [0.0, float("nan"), -1.0, 1e300])
def test_an_impossible_value_is_no_reason_to_stop_anything(value):
    decisions = Watch(policy(), members(4)).minutes(20, value)
    assert not any(stopped(decisions))


def test_metrics_that_are_missing_in_part_do_not_keep_instances_from_being_started():
    watch = Watch(policy(), members(3, 2))
    assert any(started(watch.minutes(5, {"web1": 95, "web2": float("nan")})))


@pytest.mark.parametrize(
    ("value", "said"),
    [(float("nan"), "1 silent"), (float("inf"), "1 with an impossible value"), (None, "1 silent")],
)
def test_why_a_metric_is_not_fully_known_is_said(value, said):
    shown = {"web1": 10} if value is None else {"web1": 10, "web2": value}
    reading = Watch(policy(), members(2)).look(shown).evaluation.readings[0]
    assert (reading.mean, reading.reporting, reading.doubt) == (10, 1, said)


def test_a_metric_of_the_whole_layer_counts_as_the_mean_of_its_instances():
    scaling = targeted(Target({"requests": 100.0}), metrics=("requests",))
    watch = Watch(scaling, members(4, 4))
    assert started([watch.look({WHOLE: 150}, "requests")]) == [("web5", "web6")]
    watch = Watch(scaling, members(4))
    assert any(stopped(watch.minutes(20, {WHOLE: 20}, metric="requests")))
    watch = Watch(scaling, members(4))
    decisions = watch.minutes(30, {WHOLE: float("nan")}, metric="requests")
    assert not any(stopped(decisions))
    assert decisions[-1].evaluation.readings[0].doubt == "silent"


def test_minutes_of_which_nothing_is_known_neither_count_nor_break_a_window():
    watch = Watch(policy(), members(2, 2))
    watch.minutes(3, 90)
    watch.minutes(3)
    assert started(watch.minutes(3, 90)) == [NOBODY, ("web3",), NOBODY]


def test_a_window_is_forgotten_after_a_long_silence():
    watch = Watch(policy(), members(2, 2))
    watch.minutes(4, 90)
    watch.minutes(8)
    assert started(watch.minutes(5, 90)) == [NOBODY] * 4 + [("web3",)]


def test_what_was_seen_before_the_clock_went_back_an_hour_decides_nothing():
    watch = Watch(policy(), members(6, 2))
    watch.now += timedelta(hours=1)
    watch.minutes(9, 20)
    watch.now -= timedelta(hours=1)
    decisions = watch.minutes(8, 90)
    assert not any(stopped(decisions))
    assert started(decisions) == [NOBODY] * 4 + [("web7",)] + [NOBODY] * 3


def test_waits_from_before_the_clock_went_back_are_no_longer_than_they_are():
    watch = Watch(policy(), members(2, 3))
    watch.now += timedelta(hours=1)
    assert started(watch.minutes(5, 85))[-1] == ("web3",)
    watch.now -= timedelta(hours=1)
    assert ("web3",) in started(watch.minutes(11, 85))


def test_a_clock_that_is_put_back_by_seconds_breaks_no_window():
    watch = Watch(policy(), members(2, 3))
    watch.minutes(4, 85)
    watch.now -= timedelta(seconds=5)
    assert ("web3",) in started(watch.minutes(2, 85))


def test_a_new_instance_does_not_count_while_it_warms_up():
    young = member("web2", since=NOON)
    watch = Watch(policy(warm_up=600.0), [*members(1), young, member("web3", State.STOPPED)])
    decisions = watch.minutes(8, {"web1": 50, "web2": 100})
    assert not any(started(decisions))
    assert decisions[0].evaluation.readings[0].mean == 50
    assert not any(stopped(Watch(policy(warm_up=3600.0), [*members(3), young]).minutes(30, 10)))


def test_what_configure_does_to_the_cpu_is_no_reason_to_start_anything():
    watch = Watch(policy(), members(2, 2))
    for _ in range(60):
        watch.activity = {
            name: (Activity("configure", watch.now, watch.now + timedelta(seconds=50)),) for name in ("web1", "web2")
        }
        assert not watch.look(100).starts


def test_an_event_that_does_not_end_excuses_a_high_load_only_for_a_while():
    watch = Watch(policy(), members(2, 2))
    watch.activity = {name: (Activity("deploy", NOON),) for name in ("web1", "web2")}
    found = started(watch.minutes(25, 100))
    assert 15 <= next(position for position, names in enumerate(found) if names) <= 20


def test_nothing_stops_while_an_event_runs_in_the_layer():
    watch = Watch(policy(), members(4))
    watch.activity = {"web1": (Activity("deploy", NOON),)}
    decisions = watch.minutes(60, 5)
    assert not any(stopped(decisions))
    assert any(brake.why == "deploy runs on web1" for brake in decisions[-1].evaluation.brakes)


def test_alarms_add_and_remove_like_metrics():
    scaling = policy(
        up=rule(UP, thresholds={}, alarms=("slow",)), down=rule(DOWN, thresholds={}, alarms=("idle",)), maximum=4
    )
    watch = Watch(scaling, members(2, 2))
    watch.alarms = {"slow": Alarm(AlarmState.ALARM, NOON), "idle": Alarm(AlarmState.OK, LONG_AGO)}
    assert started(watch.minutes(6)).count(("web3",)) == 1
    watch = Watch(scaling, members(4))
    watch.alarms = {"slow": Alarm(AlarmState.OK, LONG_AGO), "idle": Alarm(AlarmState.ALARM, NOON)}
    assert stopped(watch.minutes(11)).count(("web4",)) == 1


def test_an_alarm_that_knows_nothing_keeps_instances_from_being_stopped_and_not_from_being_started():
    scaling = policy(up=rule(UP, alarms=("slow",)))
    unknown = {"slow": Alarm(AlarmState.INSUFFICIENT_DATA, LONG_AGO)}
    low, high = Watch(scaling, members(4)), Watch(scaling, members(2, 2))
    low.alarms = high.alarms = unknown
    decisions = low.minutes(30, 5)
    assert not any(stopped(decisions))
    assert any("has not enough data" in brake.why for brake in decisions[-1].evaluation.brakes)
    assert any(started(high.minutes(5, 90)))


def test_alarms_work_where_no_metric_arrives_at_all():
    watch = Watch(policy(up=rule(UP, alarms=("slow",))), members(2, 2))
    watch.alarms = {"slow": Alarm(AlarmState.ALARM, LONG_AGO)}
    assert any(started(watch.minutes(10)))


def test_a_target_starts_as_many_as_it_needs_at_once_and_counts_those_on_the_way():
    watch = Watch(targeted(Target({"cpu": 50.0})), members(4, 6))
    assert started([watch.look(90)]) == [("web5", "web6", "web7", "web8")]
    watch.members = [*members(4), *(member(f"web{n}", State.BOOTING, since=NOON) for n in range(5, 9))]
    assert not any(started(watch.minutes(5, 90)))


def test_a_target_is_left_alone_within_the_tolerance():
    watch = Watch(targeted(Target({"cpu": 50.0})), members(5, 5))
    assert not any([*started(watch.minutes(60, 54.9)), *stopped(watch.minutes(60, 45.1))])


def test_a_target_stops_no_more_than_the_most_work_of_the_time_before_allows():
    watch = Watch(targeted(Target({"cpu": 50.0})), members(10))
    watch.minutes(5, 40)
    found = stopped(watch.minutes(12, 10))
    assert next(names for names in found if names) == ("web10", "web9")


def test_a_layer_below_its_minimum_gets_more_whatever_the_metrics_are():
    watch = Watch(policy(minimum=3), members(1, 5))
    decision = watch.look()
    assert started([decision]) == [("web2", "web3")]
    assert decision.direction is None
    assert decision.evaluation.reason == "1 of at least 3"


def test_a_layer_above_its_maximum_gives_back_what_load_had_added():
    watch = Watch(policy(maximum=3), members(5, always=2))
    assert stopped([watch.look(90)]) == [("web5", "web4")]
    watch.activity = {"web1": (Activity("deploy", NOON),)}
    assert stopped([watch.look(90)]) == [NOBODY]


def test_the_maximum_counts_every_machine_also_a_broken_one():
    broken = [member("web3", State.SETUP_FAILED), member("web4", State.STOPPED)]
    assert not any(started(Watch(policy(maximum=3), [*members(2), *broken]).minutes(10, 95)))


def test_only_free_load_based_instances_move():
    kept = [
        member("web2", kind=InstanceType.ALWAYS),
        member("web3", hold="in maintenance"),
        member("web4", wanted=Desired.ONLINE),
    ]
    assert not any(stopped(Watch(policy(), [*members(1), *kept]).minutes(30, 5)))
    still = [
        member("web2", State.STOPPED, kind=InstanceType.ALWAYS),
        member("web3", State.STOPPED, hold="in maintenance"),
        member("web4", State.STOPPED, wanted=Desired.STOPPED),
        member("web5", State.TERMINATING),
        member("web6", State.SETUP_FAILED),
    ]
    assert not any(started(Watch(policy(), [*members(1), *still]).minutes(30, 95)))


def test_the_first_of_the_file_starts_first_and_one_that_failed_lately_last():
    failed = [
        member("web2", State.START_FAILED, failed=NOON),
        member("web3", State.STOPPED, failed=LONG_AGO),
        member("web4", State.STOPPED),
        member("web5", State.STOPPED),
    ]
    watch = Watch(policy(up=rule(UP, step=4)), [*members(1), *failed])
    assert started(watch.minutes(5, 95))[-1] == ("web4", "web5", "web3", "web2")


def test_the_last_of_the_file_stops_first():
    watch = Watch(policy(down=rule(DOWN, step=2)), members(6))
    assert stopped(watch.minutes(10, 5))[-1] == ("web6", "web5")


def test_no_capacity_is_asked_for_again_only_after_a_time_that_doubles():
    watch = Watch(policy(up=rule(UP, wait=0)), members(2, 3))
    watch.minutes(5, 90)
    watch.refusals = (watch.now,)
    found = started(watch.minutes(5, 90))
    assert found == [NOBODY] * 4 + [("web3",)]
    watch.refusals = (watch.now,)
    found = started(watch.minutes(10, 90))
    assert found == [NOBODY] * 9 + [("web3",)]
    decision = watch.look(90)
    watch.refusals = (watch.now, watch.now + timedelta(seconds=1))
    decision = watch.look(90)
    assert [brake.why for brake in decision.evaluation.brakes] == ["the provider gave no machine"]
    assert decision.windows.backoff == 1200


def test_a_success_ends_the_back_off_from_growing():
    watch = Watch(policy(), members(2, 3))
    watch.refusals = (NOON,)
    watch.look(50)
    watch.members.append(member("web9", since=watch.now))
    assert watch.look(50).windows.backoff == 0


def test_what_turned_too_often_is_not_made_smaller_and_still_made_larger():
    turns = tuple(NOON - timedelta(minutes=minutes) for minutes in (90, 60, 30))
    watch = Watch(policy(), members(5, 2))
    watch.windows = replace(watch.windows, direction=Direction.OUT, turns=turns)
    decisions = watch.minutes(20, 5)
    assert not any(stopped(decisions))
    brake = decisions[-1].evaluation.brakes[-1]
    assert (brake.why, brake.until) == ("the direction has turned 3 times lately", NOON + timedelta(minutes=150))
    assert any(started(watch.minutes(5, 95)))


def test_after_a_start_those_who_would_stop_are_looked_at_anew():
    watch = Watch(policy(up=rule(UP, alarms=("slow",))), members(4, 2))
    watch.minutes(9, 5)
    watch.alarms = {"slow": Alarm(AlarmState.ALARM, LONG_AGO)}
    watch.minutes(5, 5)
    watch.alarms = {"slow": Alarm(AlarmState.OK, watch.now)}
    assert stopped(watch.minutes(9, 5)) == [NOBODY] * 9


def test_a_policy_that_recommends_says_what_it_would_do_and_is_not_enforced():
    decision = Watch(policy(mode=Mode.RECOMMEND), members(2, 2)).minutes(5, 90)[-1]
    assert started([decision]) == [("web3",)]
    assert not decision.enforced


def test_looking_more_often_than_metrics_arrive_changes_nothing():
    watch = Watch(policy(), members(2, 2))
    watch.minutes(4, 90)
    before = watch.windows
    watch.now -= MINUTE
    assert watch.look().windows == before


def test_an_evaluation_can_be_read():
    decision = Watch(policy(minimum=2), members(3)).minutes(4, 20)[-1]
    assert list(lines(decision.evaluation)) == [
        "nothing to do (3 at work; 2 to 10)",
        "cpu is 20, by 3 of 3",
        "to add: cpu > 80 for 5m: not so, held for 0m",
        "to remove: cpu < 30 for 10m: so, held for 4m",
        "next look: 12:05",
    ]
