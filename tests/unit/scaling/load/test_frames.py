from datetime import timedelta

from stackward.metrics.sample import Sample
from stackward.scaling.load.frames import WHOLE, Frame, frames
from tests.layers_under_load import MINUTE, NOON

BOTH = ("web1", "web2")


def sample(name, seconds, value, metric="cpu"):
    return Sample(name, metric, NOON + timedelta(seconds=seconds), value)


def test_a_minute_counts_once_everybody_has_reported():
    first, second = sample("web1", 5, 10), sample("web2", 40, 20)
    now = NOON + timedelta(seconds=50)
    assert frames([first], BOTH, ("cpu",), None, now) == ()
    assert frames([first, second], BOTH, ("cpu",), None, now) == (Frame(NOON, {"cpu": {"web1": 10, "web2": 20}}),)


def test_a_minute_counts_once_it_is_over():
    assert frames([sample("web1", 5, 10)], BOTH, ("cpu",), None, NOON + MINUTE) == (Frame(NOON, {"cpu": {"web1": 10}}),)


def test_the_youngest_of_a_minute_counts_whatever_order_they_come_in():
    one, other = sample("web1", 5, 10), sample("web1", 50, 20)
    for order in ([one, other], [other, one], [one, other, one]):
        assert frames(order, ("web1",), ("cpu",), None, NOON + MINUTE)[0].values == {"cpu": {"web1": 20}}


def test_of_two_at_the_same_moment_the_larger_number_counts():
    its = [sample("web1", 5, 10), sample("web1", 5, float("nan")), sample("web1", 5, 30)]
    for order in (its, its[::-1]):
        assert frames(order, ("web1",), ("cpu",), None, NOON + MINUTE)[0].values == {"cpu": {"web1": 30}}


def test_what_comes_late_or_from_the_future_or_is_of_no_interest_is_left_out():
    its = [sample("web1", -5, 10), sample("web1", 90, 10), sample("web1", 5, 1, "disk")]
    assert frames(its, ("web1",), ("cpu",), NOON - MINUTE, NOON + MINUTE) == ()


def test_a_value_of_the_whole_layer_stands_for_all_its_instances():
    its = [sample("layer_web", 5, 40, "requests"), sample("layer_db", 5, 90, "requests")]
    now = NOON + timedelta(seconds=10)
    found = frames(its, BOTH, ("requests",), None, now, "layer_web")
    assert found == (Frame(NOON, {"requests": {WHOLE: 40, "layer_db": 90}}),)
