"""How long before its window an instance starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.scaling.past import Past
from stackward.scaling.start_ahead import LONGEST, UNMEASURED, percentile, starts_ahead
from tests.unit.scaling.stacks import make


def ahead(pasts, **settings):
    return starts_ahead(make(layer_settings=settings), pasts)["web"]


def test_unmeasured_starts_are_taken_for_two_minutes():
    assert ahead({}) == UNMEASURED == 120


def test_measured_starts_of_the_layer_count_in_whole_minutes():
    assert ahead({"web1": Past(starts=(61.0,)), "web2": Past(starts=(10.0,))}) == 120
    assert ahead({"web1": Past(starts=(200.0,))}) == 240


def test_a_start_of_another_layer_does_not_count():
    assert ahead({"db1": Past(starts=(1000.0,))}) == UNMEASURED


@pytest.mark.parametrize("fixed", [0.0, 90.0])
def test_a_layer_may_say_it_itself(fixed):
    assert ahead({"web1": Past(starts=(200.0,))}, start_ahead=fixed) == fixed


def test_no_measure_goes_beyond_an_hour():
    assert ahead({"web1": Past(starts=(9000.0,))}) == LONGEST


def test_one_start_in_twenty_may_be_longer():
    assert ahead({"web1": Past(starts=(60.0,) * 19 + (900.0,))}) == 60


def test_the_newest_starts_of_an_instance_count():
    assert ahead({"web1": Past(starts=(600.0,) * 20 + (60.0,) * 20)}) == 60


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_are_not_above(values, percent):
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100
    assert sum(value < found for value in values) < len(values) * percent / 100
