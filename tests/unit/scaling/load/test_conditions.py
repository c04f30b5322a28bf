from dataclasses import replace

from stackward.definition.load_scaling import LoadScaling, Rule, Target
from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.reading import Reading

POLICY = LoadScaling(
    up=Rule({"memory": 80.0}, (), 300.0, 1, 0.0),
    down=Rule({"memory": 30.0}, (), 600.0, 1, 0.0),
    target=Target({"cpu": 50.0}, up_hold=240.0, down_hold=900.0),
    maximum=5,
    tolerance=0.1,
)


def needed(metric, mean, policy=POLICY, into=False):
    rules = Rules.of(policy)
    condition = next(each for each in (rules.into if into else rules.out) if each.subject == metric)
    return condition.needed(Reading(metric, mean, 3, 3))


def test_a_target_that_is_missed_by_little_has_to_be_missed_for_as_long_as_is_written():
    assert needed("cpu", 64.9) == 240


def test_half_of_it_is_enough_where_it_is_missed_by_three_times_the_tolerance():
    assert needed("cpu", 65.0) == 120
    assert needed("cpu", 55.1, replace(POLICY, tolerance=0.0)) == 120


def test_nothing_hurries_downwards_nor_with_a_threshold_nor_with_what_is_not_known():
    assert needed("cpu", 1.0, into=True) == 900
    assert needed("memory", 99.0) == 300
    assert needed("cpu", None) == 240
