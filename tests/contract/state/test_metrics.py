import math
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackward.metrics.alarm import Alarm, AlarmState
from stackward.metrics.sample import Sample
from stackward.state.records import Collected, KnownAlarm, LoadMemory
from stackward.state.store import Store, open_store
from tests.contract.state.examples import NOW

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_AGO = NOW - 100 * DAY
WHOLE = NOW.replace(second=0, microsecond=0)


def cpu(at, value=50.0, subject="web1", source="ssh") -> Sample:
    return Sample(subject, "cpu", at, value, source)


def measure(store: Store, *samples: Sample, now=NOW) -> int:
    with store.transaction("shop") as transaction:
        return transaction.measure(samples, now)


def all_samples(store: Store, now=NOW) -> tuple[Sample, ...]:
    return store.samples("shop", LONG_AGO, now + DAY)


def test_samples_are_kept_by_subject_metric_and_minute(store: Store):
    kept = (cpu(WHOLE - MINUTE), cpu(WHOLE), Sample("web1", "memory", WHOLE, 12.5, "ssh"), cpu(WHOLE, 7, "web2"))
    assert measure(store, *reversed(kept)) == 4
    assert all_samples(store) == (kept[0], kept[1], kept[2], kept[3])
    assert store.samples("shop", WHOLE, NOW, metrics=["memory"]) == (kept[2],)
    assert store.samples("shop", WHOLE, NOW, metrics=["cpu"], subjects=["web2"]) == (kept[3],)
    with store.transaction("shop") as transaction:
        assert transaction.samples(WHOLE, NOW, ["cpu"]) == (kept[1], kept[3])
    assert store.samples("office", LONG_AGO, NOW) == ()


def test_the_youngest_sample_of_a_minute_counts_in_whatever_order_they_come(store: Store):
    measure(store, cpu(WHOLE + 30 * SECOND, 30), cpu(WHOLE + 10 * SECOND, 10))
    measure(store, cpu(WHOLE + 20 * SECOND, 20))
    measure(store, cpu(WHOLE + 30 * SECOND, 30))
    assert all_samples(store) == (cpu(WHOLE + 30 * SECOND, 30),)
    measure(store, cpu(WHOLE + 40 * SECOND, 40, source="agent"))
    assert all_samples(store) == (cpu(WHOLE + 40 * SECOND, 40, source="agent"),)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_means_asked_and_no_value(store: Store, value: float):
    measure(store, cpu(WHOLE, value))
    (found,) = all_samples(store)
    assert math.isnan(found.value)


def test_what_comes_from_the_future_or_far_too_late_is_left_out(store: Store):
    assert measure(store, cpu(NOW + 2 * MINUTE), cpu(NOW - 2 * DAY)) == 0
    assert all_samples(store) == ()


def test_after_a_day_ten_minutes_become_their_mean_and_after_two_weeks_nothing(store: Store):
    began = WHOLE.replace(hour=0, minute=0)
    minutes = [began + n * MINUTE for n in range(60)]
    measure(store, *(cpu(at, float(n)) for n, at in enumerate(minutes)), cpu(minutes[5], math.nan), now=began + HOUR)
    measure(store, now=began + DAY + 20 * MINUTE)
    means = [cpu(minutes[9], (45 - 5) / 9), cpu(minutes[19], 14.5)]
    assert all_samples(store)[:3] == (*means, cpu(minutes[20], 20.0))
    measure(store, now=began + 2 * DAY)
    assert len(all_samples(store)) == 6
    later = began + 14 * DAY + 30 * MINUTE
    measure(store, cpu(later), now=later)
    measure(store, now=later + 2 * DAY)
    assert [sample.at for sample in all_samples(store, later)] == [later]


def test_a_clock_that_was_set_back_does_no_harm(store: Store):
    began = WHOLE.replace(hour=0, minute=0)
    measure(store, cpu(began, 10.0), now=began)
    measure(store, now=began + 2 * DAY)
    measure(store, cpu(began + MINUTE, 90.0), now=began + MINUTE)
    measure(store, now=began + 2 * DAY)
    assert all_samples(store) == (cpu(began, 10.0),)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.floats(0, 100), st.sampled_from(["web1", "web2"])), min_size=1, max_size=30
    )
)
def test_repeated_and_mixed_up_samples_change_nothing(new_url, drawn):
    given_ = {(second, subject): cpu(WHOLE - second * SECOND, value, subject) for second, value, subject in drawn}
    once, twice = new_url(), new_url()
    with open_store(once) as one, open_store(twice) as other:
        measure(one, *given_.values())
        for sample in reversed(given_.values()):
            measure(other, sample)
        measure(other, *given_.values())
        assert all_samples(one) == all_samples(other)


def test_a_source_is_asked_by_one_caller_in_its_time(store: Store):
    with store.transaction("shop") as transaction:
        assert transaction.begin_collection("ssh", MINUTE, NOW)
    with store.transaction("shop") as transaction:
        assert not transaction.begin_collection("ssh", MINUTE, NOW + 59 * SECOND)
        assert transaction.begin_collection("prometheus", MINUTE, NOW + 59 * SECOND)
        transaction.end_collection("prometheus", "refused")
        assert transaction.begin_collection("ssh", MINUTE, NOW + MINUTE)
    assert store.collections("shop") == {
        "ssh": Collected(NOW + MINUTE),
        "prometheus": Collected(NOW + 59 * SECOND, "refused"),
    }


def test_a_source_that_was_asked_in_the_future_is_asked_again(store: Store):
    with store.transaction("shop") as transaction:
        transaction.begin_collection("ssh", MINUTE, NOW + DAY)
        assert transaction.begin_collection("ssh", MINUTE, NOW)


def test_alarms_are_as_they_were_last_heard(store: Store):
    slow = Alarm(AlarmState.ALARM, NOW - HOUR)
    with store.transaction("shop") as transaction:
        transaction.note_alarms({"slow": Alarm(AlarmState.OK, LONG_AGO)}, "cloudwatch", NOW - MINUTE)
        transaction.note_alarms({"slow": slow}, "cloudwatch", NOW)
        assert transaction.alarms() == {"slow": KnownAlarm(slow, NOW, "cloudwatch")}
    assert store.alarms("shop") == {"slow": KnownAlarm(slow, NOW, "cloudwatch")}


def test_what_load_remembers_is_kept_by_layer(store: Store):
    with store.transaction("shop") as transaction:
        transaction.remember_load("web", {"seen": None, "held": {"cpu > 80": [60.0, 0.0]}}, {"reason": "nothing to do"})
        transaction.remember_load("web", {"seen": "x"}, {"reason": "cpu > 80"})
        assert set(transaction.load_memories()) == {"web"}
    assert store.load_memories("shop") == {"web": LoadMemory({"seen": "x"}, {"reason": "cpu > 80"})}


def test_the_newest_evaluations_of_a_layer_are_kept(store: Store):
    with store.transaction("shop") as transaction:
        for number in range(1003):
            transaction.note_evaluation("web", {"number": number}, NOW)
        transaction.note_evaluation("db", {"number": 0}, NOW)
    kept = [item.data["number"] for item in store.evaluations("shop", "web", 2000)]
    assert kept == list(range(3, 1003))
    assert [item.data["number"] for item in store.evaluations("shop", "web", 2)] == [1001, 1002]


def test_a_stack_that_is_forgotten_leaves_nothing_measured(store: Store):
    measure(store, cpu(WHOLE))
    with store.transaction("shop") as transaction:
        transaction.note_alarms({"slow": Alarm(AlarmState.OK, NOW)}, "cloudwatch", NOW)
        transaction.begin_collection("ssh", MINUTE, NOW)
        transaction.remember_load("web", {}, {})
        transaction.note_evaluation("web", {}, NOW)
        transaction.forget_stack()
    assert all_samples(store) == ()
    assert store.stacks() == ()
