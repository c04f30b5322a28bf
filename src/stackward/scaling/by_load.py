"""What load wants of a whole stack at a moment: each layer decided by itself, and all of it put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime

from stackward import blast_radius
from stackward.definition.model import InstanceType, Stack
from stackward.lifecycle.states import Desired, State
from stackward.scaling import layer_bounds
from stackward.scaling.combine import Wish, Withheld, kept_from
from stackward.scaling.layer_bounds import Bounded, bounded
from stackward.scaling.load.conditions import Rules
from stackward.scaling.load.decision import Decision, decide, metrics_of
from stackward.scaling.load.members import Part, part_of
from stackward.scaling.load.observing import Heard, fleet, looked_back, observed
from stackward.scaling.load.windows import Windows
from stackward.scaling.past import NOTHING, Past
from stackward.state.records import StackState


@dataclass(frozen=True, slots=True)
class ByLoad:
    """What is wanted, what bounds and other layers keep from it, and the decision about each layer that scales."""

    wishes: tuple[Wish, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    layers: Mapping[str, Decision] = field(default_factory=dict)


NOTHING_SCALES = ByLoad()


def scaled_layers(stack: Stack) -> dict[str, Rules]:
    """The layers that scale by load, with their rules."""
    return {
        name: Rules.of(layer.load_scaling) for name, layer in stack.layers.items() if layer.load_scaling is not None
    }


def samples_needed(stack: Stack, memories: Mapping[str, Windows], now: datetime) -> tuple[datetime, tuple[str, ...]]:
    """From when on which metrics have to be known for a decision."""
    rules = scaled_layers(stack)
    since = looked_back((memories.get(name, Windows()) for name in rules), now)
    return since, metrics_of(rules.values())


def by_load(
    stack: Stack,
    state: StackState,
    pasts: Mapping[str, Past],
    heard: Heard,
    memories: Mapping[str, Windows],
    by_time: Iterable[Wish],
    now: datetime,
) -> ByLoad:
    """Decide about every layer that scales, and put that together with what schedules want.

    The wishes are all that is wanted: those of schedules, but for what would take a layer below its minimum, and those
    of load.
    """
    rules = scaled_layers(stack)
    by_time = tuple(by_time)
    if not rules:
        return ByLoad(by_time)
    fleets = {name: fleet(stack, name, state, pasts, heard.commands, now) for name in rules}
    decisions: dict[str, Decision] = {}
    for name, its in rules.items():
        windows = memories.get(name, Windows())
        seen = observed(its, name, fleets[name], heard, windows, _refusals(stack, name, pasts), now)
        decisions[name] = decide(its, fleets[name], seen, windows, now)
    starting = [wish for wish in by_time if wish.desired is Desired.ONLINE and _takes_a_place(wish, state, pasts, now)]
    found = bounded(
        stack,
        _running(stack, state),
        {wish.instance: wish.reason for wish in starting},
        {wish.instance: wish.reason for wish in by_time if wish.desired is not Desired.ONLINE},
        decisions,
    )
    found = _beside_others(stack, state, found)
    kept = {item.instance for item in found.withheld}
    wishes = [wish for wish in by_time if wish.instance not in kept]
    wishes += _wishes(stack, found, decisions)
    wishes += _spare(stack, state, decisions, {wish.instance for wish in wishes})
    return ByLoad(tuple(wishes), tuple(_withheld(found)), decisions)


def _takes_a_place(wish: Wish, state: StackState, pasts: Mapping[str, Past], now: datetime) -> bool:
    """Whether one that its schedule wants makes others dispensable: not where it is kept from starting, or broken."""
    record = state.instances.get(wish.instance)
    helps = record is None or part_of(record.state, wish.desired) in (Part.WORKING, Part.COMING)
    return helps and not kept_from(wish, state, pasts, now)[0]


def _refusals(stack: Stack, layer: str, pasts: Mapping[str, Past]) -> list[datetime]:
    """When instances of the layer got no machine."""
    members = [name for name, instance in stack.instances.items() if layer in instance.layers]
    return [at for name in members for at in pasts.get(name, NOTHING).refusals]


def _running(stack: Stack, state: StackState) -> set[str]:
    """Return the instances at work or on their way, of all layers and types."""
    parts = {
        name: part_of(record.state, record.request.desired if record.request is not None else None)
        for name, record in state.instances.items()
        if name in stack.instances
    }
    return {name for name, part in parts.items() if part in (Part.WORKING, Part.COMING)}


def _beside_others(stack: Stack, state: StackState, found: Bounded) -> Bounded:
    """Without the stops for which healing and deploys leave no room: what they take away is at work again soon."""
    kept: dict[str, str] = {}
    together: set[str] = set()
    for choice in found.stops:
        # What a schedule ends may be in healing at the moment, and is down then whoever wants what of it.
        if stack.instances[choice.instance].type is not InstanceType.LOAD:
            continue
        why = blast_radius.staying(stack, state, {choice.instance, *together})
        if why:
            kept[choice.instance] = why
        else:
            together.add(choice.instance)
    return replace(
        found,
        stops=tuple(choice for choice in found.stops if choice.instance not in kept),
        withheld=(
            *found.withheld,
            *(layer_bounds.Withheld(name, start=False, why=why) for name, why in kept.items()),
        ),
    )


def _wishes(stack: Stack, found: Bounded, decisions: Mapping[str, Decision]) -> Iterable[Wish]:
    for choices, desired in ((found.starts, Desired.ONLINE), (found.stops, Desired.STOPPED)):
        for choice in choices:
            instance = stack.instances[choice.instance]
            if instance.type is InstanceType.LOAD:
                layers = [name for name in instance.layers if name in decisions]
                yield Wish(choice.instance, desired, f"load of {', '.join(layers)}: {choice.reason}", {"load": layers})


def _spare(stack: Stack, state: StackState, decisions: Mapping[str, Decision], wanted: Set[str]) -> Iterator[Wish]:
    """Yield the removal of stopped instances of pools, beyond those that are kept warm: the last of the file first."""
    settled = set(wanted)
    for layer in stack.layers.values():
        if layer.pool is None or layer.name not in decisions or not decisions[layer.name].enforced:
            continue
        resting = [
            name
            for name, instance in stack.instances.items()
            if instance.pooled and layer.name in instance.layers and name not in settled and _rests(name, state)
        ]
        for name in resting[layer.pool.warm :]:
            reason = f"the pool of {layer.name} keeps {layer.pool.warm or 'none'} of those that are not wanted"
            settled.add(name)
            yield Wish(name, Desired.TERMINATED, reason, {"load": [layer.name]})


def _rests(name: str, state: StackState) -> bool:
    """Whether an instance is stopped, with a machine, and nothing is asked of it."""
    record = state.instances.get(name)
    return (
        record is not None and record.state is State.STOPPED and record.machine is not None and record.request is None
    )


def _withheld(found: Bounded) -> Iterable[Withheld]:
    for item in found.withheld:
        yield Withheld(item.instance, Desired.ONLINE if item.start else Desired.STOPPED, item.why)
