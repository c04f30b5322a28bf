from dataclasses import replace

import pytest

from stackward.definition.load_scaling import DEFAULT
from stackward.definition.model import Instance, InstanceType, Layer
from stackward.scaling.layer_bounds import Bounded, Withheld, bounded
from stackward.scaling.load.decision import Choice, Decision
from tests.layers_under_load import Watch, members, policy
from tests.stacks import small_stack


def stack(layers=("web",), minimum=1, maximum=4):
    """web1 always runs; web2 to web5 run by load; api has a policy of its own."""
    scaling = policy(minimum=minimum, maximum=maximum)
    found = {
        "web1": Instance("web1", ("web",)),
        **{f"web{number}": Instance(f"web{number}", layers, InstanceType.LOAD) for number in range(2, 6)},
    }
    layers_ = {
        "web": Layer("web", load_scaling=scaling),
        "api": Layer("api", load_scaling=policy(maximum=4)),
    }
    return replace(small_stack(apps=False), layers=layers_, instances=found)


def decision(starts=(), stops=(), *, enforced=True) -> Decision:
    made = Watch(DEFAULT, members(1)).look(50)
    return Decision(
        tuple(Choice(name, "busy") for name in starts),
        tuple(Choice(name, "idle") for name in stops),
        None,
        enforced,
        made.windows,
        made.evaluation,
    )


def names(choices):
    return [choice.instance for choice in choices]


def test_load_adds_to_what_the_schedules_want():
    found = bounded(stack(), {"web1"}, {"web4": "it is Monday"}, {}, {"web": decision(starts=["web2"])})
    assert found.starts == (Choice("web2", "busy"), Choice("web4", "it is Monday"))


def test_the_maximum_bounds_what_load_adds_and_never_what_a_schedule_wants():
    its = stack(maximum=2)
    found = bounded(its, {"web1"}, {"web4": "it is Monday"}, {}, {"web": decision(starts=["web2"])})
    assert names(found.starts) == ["web4"]
    assert found.withheld == (Withheld("web2", start=True, why="web has 2 of at most 2"),)
    found = bounded(its, {"web1", "web2"}, {"web4": "it is Monday", "web5": "too"}, {}, {})
    assert names(found.starts) == ["web4", "web5"]


def test_neither_load_nor_a_schedule_goes_below_the_minimum():
    its = stack(minimum=2)
    found = bounded(its, {"web1", "web2", "web3"}, {}, {"web1": "it is Sunday"}, {"web": decision(stops=["web3"])})
    assert names(found.stops) == ["web1"]
    assert found.withheld == (Withheld("web3", start=False, why="web has 2 of at least 2"),)


def test_what_a_schedule_wants_is_not_stopped_and_what_it_gives_up_is():
    found = bounded(stack(), {"web1", "web2"}, {"web2": "open"}, {"web1": "closed"}, {})
    assert found == Bounded(stops=(Choice("web1", "closed"),))


def test_load_moves_no_instance_of_another_type():
    found = bounded(stack(), {"web1", "web2"}, {}, {}, {"web": decision(stops=["web1"], starts=["nobody"])})
    assert found == Bounded()


def test_an_instance_of_two_layers_starts_for_either_and_stops_only_for_both():
    its = stack(layers=("web", "api"))
    running = {"web1", "web2", "web3"}
    found = bounded(its, {"web1"}, {}, {}, {"web": decision(), "api": decision(starts=["web2"])})
    assert names(found.starts) == ["web2"]
    found = bounded(its, running, {}, {}, {"web": decision(stops=["web3"]), "api": decision()})
    assert found.withheld == (Withheld("web3", start=False, why="api does not give it up"),)
    found = bounded(its, running, {}, {}, {"web": decision(stops=["web3"]), "api": decision(stops=["web3", "web2"])})
    assert names(found.stops) == ["web3"]


def test_what_one_layer_wants_to_start_the_other_does_not_stop_at_once():
    its = stack(layers=("web", "api"))
    decisions = {"web": decision(starts=["web2"]), "api": decision(stops=["web2"])}
    assert names(bounded(its, {"web1"}, {}, {}, decisions).starts) == ["web2"]
    assert bounded(its, {"web1"}, {}, {}, decisions).stops == ()


@pytest.mark.parametrize("running", [{"web1"}, {"web1", "web2", "web3"}])
def test_a_recommendation_moves_nothing(running):
    only_said = {"web": decision(starts=["web2"], stops=["web3"], enforced=False)}
    assert bounded(stack(), running, {}, {}, only_said) == Bounded()


def test_what_runs_and_is_wanted_is_left_alone():
    found = bounded(stack(), {"web1", "web2"}, {"web1": "open"}, {}, {"web": decision(starts=["web2"])})
    assert found == Bounded()
