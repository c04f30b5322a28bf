"""Whatever a stack is like and whatever is measured: what is asked for keeps the bounds, and touches what it may."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from stackward import blast_radius
from stackward.definition.load_scaling import DEFAULT, DOWN, UP, LoadScaling, Mode
from stackward.definition.model import Instance, InstanceType, Layer, Pool, Stack
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.metrics.sample import Sample
from stackward.scaling.by_load import by_load
from stackward.scaling.combine import Wish, combine
from stackward.scaling.load.members import Part, part_of
from stackward.scaling.load.observing import Heard
from stackward.state.records import InstanceRecord, MachineRecord, Maintenance, Request, StackState
from tests.stacks import small_stack

NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - timedelta(days=1)
SCALED = ("web", "api")

states = st.sampled_from(
    [*[State.ONLINE] * 4, State.STOPPED, State.BOOTING, State.START_FAILED, State.SETUP_FAILED, State.TERMINATED]
)


@st.composite
def policies(draw, instances: int) -> LoadScaling:
    least = draw(st.integers(0, instances))
    return replace(
        DEFAULT,
        up=replace(UP, thresholds={"cpu": 70.0}, hold=60.0, step=draw(st.integers(1, 3)), wait=0.0),
        down=replace(DOWN, thresholds={"cpu": 40.0}, hold=60.0, step=draw(st.integers(1, 3)), wait=0.0),
        minimum=least,
        maximum=draw(st.integers(max(1, least), max(1, instances))),
        warm_up=0.0,
        reversals=100,
        mode=draw(st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.RECOMMEND])),
    )


def initiators(desired: Desired) -> st.SearchStrategy[Initiator]:
    return st.sampled_from([Initiator.USER, Initiator.AUTO_HEALING] if desired is Desired.ONLINE else [Initiator.USER])


@dataclass(frozen=True)
class Case:
    stack: Stack
    state: StackState
    by_time: tuple[Wish, ...]
    cpu: dict[str, float]


def record(draw, instance: Instance) -> InstanceRecord:
    state = draw(states)
    made = state not in (State.TERMINATED,) and (state is not State.STOPPED or draw(st.booleans()))
    desired = draw(st.sampled_from([None, None, None, Desired.ONLINE, Desired.STOPPED]))
    return InstanceRecord(
        instance.name,
        instance.layers,
        state=state,
        since=LONG_AGO,
        machine=MachineRecord(instance.name, 1, {}, "m", "192.0.2.1") if made else None,
        request=Request(desired, draw(initiators(desired)), "test", NOON - 3 * MINUTE) if desired else None,
    )


@st.composite
def cases(draw) -> Case:
    count = draw(st.integers(1, 8))
    instances = {}
    for number in range(count):
        kind = draw(st.sampled_from(InstanceType))
        layers = draw(st.sampled_from([("web",), ("web",), ("web", "api"), ("api",)]))
        pooled = kind is InstanceType.LOAD and draw(st.booleans())
        instances[f"i{number}"] = Instance(f"i{number}", layers, kind, pooled=pooled)
    layers = {
        name: Layer(name, load_scaling=draw(policies(count)), pool=Pool(draw(st.integers(0, 2)))) for name in SCALED
    }
    stack = replace(small_stack(apps=False), layers=layers, instances=instances)
    # Where much is drawn at random, somebody is in the way of nearly all that load may do.
    calm = draw(st.booleans())
    known = {name: record(draw, item) for name, item in instances.items() if draw(st.integers(0, 4))}
    if calm:
        known = {name: replace(item, request=None) for name, item in known.items()}
    held = {
        name: Maintenance(name, "test", "anna", LONG_AGO) for name in known if not calm and not draw(st.integers(0, 5))
    }
    wishes = tuple(
        Wish(name, draw(st.sampled_from([Desired.ONLINE, Desired.STOPPED])), "its schedule")
        for name, item in instances.items()
        if item.type is InstanceType.TIME
    )
    values = st.one_of(st.sampled_from([5.0, 50.0, 95.0, math.nan]), st.floats(0, 100))
    values = st.sampled_from([5.0, 95.0]) if calm else values
    cpu = dict.fromkeys(instances, draw(values)) if draw(st.booleans()) else {name: draw(values) for name in instances}
    return Case(stack, StackState("shop", 1, known, {}, (), {}, maintenance=held), wishes, cpu)


def standing(case: Case, changes: dict[str, Desired], layer: str, parts: set[Part]) -> int:
    """How many instances of a layer are so, once this is asked for."""
    count = 0
    for name, item in case.stack.instances.items():
        known = case.state.instances.get(name)
        before = known.request.desired if known is not None and known.request is not None else None
        state = known.state if known is not None else State.STOPPED
        if layer in item.layers and part_of(state, changes.get(name, before)) in parts:
            count += 1
    return count


@settings(max_examples=150, deadline=None)
@given(cases())
def test_what_is_asked_for_keeps_the_bounds_and_touches_only_what_it_may(case: Case):
    memories = {}
    for minute in range(3):
        now = NOON + minute * MINUTE
        heard = Heard([Sample(name, "cpu", now, value, "test") for name, value in case.cpu.items()])
        load = by_load(case.stack, case.state, {}, heard, memories, case.by_time, now)
        decision = combine(load.wishes, case.state, {}, now)
        memories = {name: item.windows for name, item in load.layers.items()}
        check(case, {wish.instance: wish.desired for wish in decision.asks}, decision.asks)


def check(case: Case, changes: dict[str, Desired], asks: tuple[Wish, ...]) -> None:
    assert len(changes) == len(asks)
    for wish in asks:
        instance = case.stack.instances[wish.instance]
        assert wish.instance not in case.state.maintenance
        if "load" in wish.data:
            assert instance.type is InstanceType.LOAD
            assert all(case.stack.layers[name].load_scaling.mode is Mode.ENFORCE for name in wish.data["load"]) or (
                wish.desired is Desired.ONLINE
            )
        else:
            assert instance.type is InstanceType.TIME
        if wish.desired is Desired.TERMINATED:
            known = case.state.instances[wish.instance]
            assert instance.pooled
            assert (known.state, known.request) == (State.STOPPED, None)
    healed = blast_radius.in_healing(case.state)
    stops = {wish.instance for wish in asks if "load" in wish.data and wish.desired is Desired.STOPPED}
    for layer in SCALED:
        members = {name for name, item in case.stack.instances.items() if layer in item.layers}
        if stops & members and healed & members:
            assert len((stops | healed) & members) <= max(1, int(len(members) * case.stack.layers[layer].healing.share))
        policy = case.stack.layers[layer].load_scaling
        there = {Part.WORKING, Part.COMING}
        before, after = standing(case, {}, layer, there), standing(case, changes, layer, there)
        by_time = sum(
            1
            for wish in asks
            if "load" not in wish.data and wish.desired is Desired.ONLINE and layer in _layers(case, wish)
        )
        assert after <= max(policy.maximum, before + by_time)
        if policy.mode is Mode.ENFORCE:
            assert after >= min(policy.minimum, before)


def _layers(case: Case, wish: Wish) -> tuple[str, ...]:
    return case.stack.instances[wish.instance].layers
