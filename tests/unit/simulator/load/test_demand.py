import pytest

from stackward.simulator.load.demand import DAY, MISSING, NAMES, made_up


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_same_every_time_and_fits_any_layer(name):
    demand = made_up(name, 20, 3 * DAY, 7)
    assert demand == made_up(name, 20, 3 * DAY, 7)
    assert len(demand.work) == 3 * DAY
    assert 2 <= min(demand.work) < max(demand.work) <= 12
    larger = made_up(name, 40, 3 * DAY, 7).work
    assert larger == pytest.approx([2 * each for each in demand.work])


@pytest.mark.parametrize("name", ["spike", "noise", "week"])
def test_another_seed_makes_up_other_work(name):
    assert made_up(name, 20, DAY, 1).work != made_up(name, 20, DAY, 2).work


def test_only_missing_has_metrics_that_are_not_there():
    assert set(made_up(MISSING, 20, 7 * DAY, 0).silent) == {0.0, 0.3, 1.0}
    assert made_up("sine", 20, DAY, 0).silent == ()


def test_the_spikes_of_a_day_last_for_half_an_hour_each():
    work = made_up("spike", 10, DAY, 3).work
    high = [minute for minute, each in enumerate(work) if each == max(work)]
    assert 30 <= len(high) <= 90
    assert min(work) == pytest.approx(1.5)
