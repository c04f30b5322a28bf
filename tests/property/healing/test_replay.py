"""A decision that is recorded can be made again from the record alone, and is the same."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.healing.recording import Inputs, from_data, outcome, to_data
from stackward.healing.replay import replayed
from tests.property.healing.test_brakes import fleets
from tests.unit.healing.fleet import NOW

LISTENING = st.none() | st.integers(0, 900).map(lambda seconds: NOW - timedelta(seconds=seconds))


@given(fleets(), LISTENING)
def test_what_was_recorded_is_decided_again_as_it_was(fleet, listening):
    stack, state, sightings, tried = fleet
    attempts = {name: tuple(items) for name, items in tried.items()}
    inputs = Inputs(state, tuple(sightings), attempts, frozenset(), NOW, listening)
    decided = outcome(inputs.decided(stack))
    kept = json.loads(json.dumps({"inputs": to_data(inputs), "decided": decided}))
    (found,) = replayed(stack, [kept])
    assert found.same
    assert found.now == decided
    assert found.at == NOW


@given(fleets())
def test_a_decision_that_is_another_one_is_noticed(fleet):
    stack, state, sightings, tried = fleet
    inputs = Inputs(state, tuple(sightings), {name: tuple(its) for name, its in tried.items()}, frozenset(), NOW)
    kept = {"inputs": to_data(inputs), "decided": outcome(inputs.decided(stack))}
    off = {name: replace(layer, healing=replace(layer.healing, enabled=False)) for name, layer in stack.layers.items()}
    (found,) = replayed(replace(stack, layers=off), [kept])
    assert found.same is not bool(kept["decided"]["heals"] or kept["decided"]["marks"])


@pytest.mark.parametrize("data", [{}, {"now": 5}, {"now": NOW.isoformat(), "claims": [[]], "instances": {}}])
def test_what_was_not_recorded_is_refused(data):
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_data(data)
