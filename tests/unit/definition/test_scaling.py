"""A layer's scaling: what is filled in, and what is refused."""

from __future__ import annotations

import pytest

from stackward.definition.load_scaling import DEFAULT, DOWN, UP, Mode, Rule, Target
from stackward.definition.model import InstanceType

from .conftest import Load, Problems


def with_scaling(valid: str, load: str, web: str = '"web[1:4]": {layers: [web], type: load}') -> str:
    """The valid file, its layer web scaled; line 12 is the scaling."""
    text = valid.replace("    uses: server\n", f"    uses: server\n    scaling: {{load: {load}}}\n")
    return text.replace('"web[1:2]": {layers: [web]}', web)


def test_what_is_not_written_is_as_in_opsworks(valid: str, load_stack: Load) -> None:
    stack = load_stack(with_scaling(valid, "{}"))
    scaling = stack.layers["web"].load_scaling
    assert scaling is not None
    assert scaling.up == UP == Rule({"cpu": 80.0}, (), 300.0, 1, 300.0)
    assert scaling.down == DOWN == Rule({"cpu": 30.0}, (), 600.0, 1, 600.0)
    assert (scaling.minimum, scaling.maximum, scaling.mode) == (1, 4, Mode.ENFORCE)
    assert (scaling.tolerance, scaling.target) == (DEFAULT.tolerance, None)
    assert stack.instances["web3"].type is InstanceType.LOAD
    assert stack.layers["lb"].load_scaling is None


def test_everything_can_be_written(valid: str, load_stack: Load) -> None:
    text = with_scaling(
        valid,
        "{up: {memory: 90%, load: 1.5, requests: 200, alarms: [slow], for: 2m, add: 2, then_wait: 0},"
        " down: {load: 0.5, requests: 50, alarms: [idle], for: 20m, remove: 3, then_wait: 1h},"
        " target: {cpu: 55, up_for: 2m, down_for: 15m}, min: 2, max: 3, policy: recommend, tolerance: 5%,"
        " warm_up: 3m, reversals: {most: 6, within: 1d}, metrics: [requests]}",
    )
    scaling = load_stack(text).layers["web"].load_scaling
    assert scaling is not None
    assert scaling.up == Rule({"memory": 90.0, "load": 1.5, "requests": 200.0}, ("slow",), 120.0, 2, 0.0)
    assert scaling.down == Rule({"load": 0.5, "requests": 50.0}, ("idle",), 1200.0, 3, 3600.0)
    assert scaling.target == Target({"cpu": 55.0}, 120.0, 900.0)
    assert (scaling.minimum, scaling.maximum, scaling.mode, scaling.tolerance) == (2, 3, Mode.RECOMMEND, 0.05)
    assert (scaling.warm_up, scaling.reversals, scaling.reversals_within) == (180.0, 6, 86400.0)
    assert scaling.alarms == ("slow", "idle")


@pytest.mark.parametrize("load", ["{up: {memory: 90}}", "{up: {alarms: [slow]}}"])
def test_a_direction_has_only_the_conditions_that_are_written(valid: str, load_stack: Load, load: str) -> None:
    scaling = load_stack(with_scaling(valid, load)).layers["web"].load_scaling
    assert scaling is not None
    assert "cpu" not in scaling.up.thresholds
    assert scaling.down.thresholds == DOWN.thresholds


def test_with_a_target_there_are_no_thresholds_that_nobody_wrote(valid: str, load_stack: Load) -> None:
    scaling = load_stack(with_scaling(valid, "{target: {cpu: 55}}")).layers["web"].load_scaling
    assert scaling is not None
    assert (scaling.up.thresholds, scaling.down.thresholds) == ({}, {})


MISTAKES = {
    "down above up": (
        "{up: {cpu: 50}, down: {cpu: 60}}",
        "down.cpu: 60 % is not below what adds instances (50 %): the layer would flap; write less than 50",
    ),
    "down is up": (
        "{up: {load: 1}, down: {load: 1}}",
        "down.load: 1 is not below what adds instances (1): the layer would flap; write less than 1",
    ),
    "down above the default of up": (
        "{down: {cpu: 90}}",
        "down.cpu: 90 % is not below what adds instances unless you write it (80 %): the layer would flap; "
        "write less than 80",
    ),
    "up below the default of down": (
        "{up: {cpu: 20}}",
        "up.cpu: 20 % is not above what removes instances unless you write it (30 %): the layer would flap; "
        "write down: {cpu: …} with less than 20, or more here",
    ),
    "alarm in both directions": (
        "{up: {alarms: [slow]}, down: {alarms: [slow]}}",
        'down.alarms[0]: the alarm "slow" adds instances already: the layer would flap; let each alarm have one effect',
    ),
    "alarm twice": (
        "{up: {alarms: [slow, slow]}}",
        'up.alarms[1]: "slow" is listed twice; list each alarm once',
    ),
    "min above max": ("{min: 3, max: 2}", "min: 3 is more than max (2); write 2 at most"),
    "max beyond the instances": (
        "{max: 10}",
        'max: 10 is too many: layer "web" has 4 instances; write 4 at most, or add instances',
    ),
    "min beyond the instances": (
        "{min: 5}",
        'min: 5 is too many: layer "web" has 4 instances; write 4 at most, or add instances',
    ),
    "min of nobody": (
        "{min: 0}",
        "min: 0 could leave nobody who can be measured, and nobody would start again; write 1",
    ),
    "negative min": ("{min: -1}", "min: is the number -1; write a whole number from 0, such as 2"),
    "misspelt metric": ("{up: {cpuu: 80}}", 'up.cpuu: there is no metric "cpuu"; did you mean "cpu"?'),
    "unknown metric": (
        "{target: {requests: 80}}",
        'target.requests: there is no metric "requests"; add "requests" to metrics if it is your own',
    ),
    "own metric that all have": ("{metrics: [memory]}", 'metrics[0]: every instance has the metric "memory"; remove'),
    "own metric like a key": ("{metrics: [for]}", 'metrics[0]: "for" is a key of up, down or target; choose another'),
    "own metric twice": ("{metrics: [a, a]}", 'metrics[1]: "a" is listed twice; list each metric once'),
    "target and threshold": (
        "{target: {cpu: 55}, up: {cpu: 80}}",
        "target.cpu: up has a threshold for cpu too, and both would move the layer; keep target.cpu or up.cpu",
    ),
    "target of nothing": ("{target: {}}", "target: names no metric; write a value to keep, such as {cpu: 55}"),
    "percent": (
        "{up: {cpu: 800}}",
        'up.cpu: 800 is no percentage that can be reached; write a percentage above 0 and up to 100, such as 80 or "80',
    ),
    "threshold": ("{up: {load: -1}}", "up.load: -1 is no value that can be reached; write a number above 0"),
    "threshold of an own metric": (
        "{up: {requests: many}, metrics: [requests]}",
        'up.requests: is the string "many"; write a number above 0, such as 1.5',
    ),
    "no time": ("{up: {for: 0}}", "up.for: 0 leaves no time at all; write seconds or a duration"),
    "nobody added": ("{up: {add: 0}}", "up.add: is the number 0; write a whole number from 1, such as 1"),
    "remove in up": ("{up: {remove: 1}}", 'up.remove: there is no metric "remove"; '),
    "policy": ("{policy: watch}", 'policy: is the string "watch"; write enforce or recommend'),
    "tolerance": ("{tolerance: 60%}", 'tolerance: "60%" is too much; write a percentage from 0 to 50, such as 10 or'),
    "reversals": ("{reversals: {most: 1}}", "reversals.most: is the number 1; write a whole number from 2 to 100"),
    "unknown key": ("{maximum: 3}", 'maximum: unknown key; did you mean "max"?'),
}


@pytest.mark.parametrize(("load", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(valid: str, problems_of: Problems, load: str, said: str) -> None:
    (problem,) = problems_of(with_scaling(valid, load))
    assert problem.startswith(f"11: layers.web.scaling.load.{said}")


def test_max_covers_what_always_runs(valid: str, problems_of: Problems) -> None:
    web = '"web[1:3]": {layers: [web]}\n  "web[4:5]": {layers: [web], type: load}'
    assert problems_of(with_scaling(valid, "{max: 2}", web)) == [
        '11: layers.web.scaling.load.max: 2 is less than the 3 instances of layer "web" that are 24/7; write 3 at least'
    ]


def test_nobody_to_start_is_a_mistake(valid: str, problems_of: Problems) -> None:
    assert problems_of(with_scaling(valid, "{}", '"web[1:2]": {layers: [web]}')) == [
        '11: layers.web.scaling.load: no instance of layer "web" is of type load, so there is nothing to start or '
        "stop; write type: load for some of its instances, or remove scaling"
    ]


def test_an_instance_that_nothing_would_start_is_a_mistake(valid: str, problems_of: Problems) -> None:
    (problem,) = problems_of(valid.replace("db1: {layers: [db]}", "db1: {layers: [db], type: load}"))
    assert problem == (
        "19: instances.db1.type: none of its layers scales by load (db); "
        "write scaling: {load: {}} in one of them, or leave the type out"
    )


def test_a_wrong_type_hides_no_other_mistake_and_makes_none(valid: str, problems_of: Problems) -> None:
    found = problems_of(with_scaling(valid, "{up: {cpuu: 1}}", '"web[1:4]": {layers: [web], type: lode}'))
    assert [problem.split(": ")[1] for problem in found] == [
        "layers.web.scaling.load.up.cpuu",
        'instances."web[1:4]".type',
    ]
