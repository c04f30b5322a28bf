"""What time and load want, put together: one answer for each instance.

The floor is what always runs and what the schedules want. Load adds to it, up to the maximum of the layer. Neither a
schedule nor the load takes a layer below its minimum. An instance in several layers that scale starts if one of them
wants it, and stops only if all of them give it up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from stackward.definition.load_scaling import LoadScaling
from stackward.definition.model import InstanceType, Stack
from stackward.scaling.load.decision import Choice, Decision


@dataclass(frozen=True, slots=True)
class Withheld:
    """A start or stop that load wanted, and why it does not happen."""

    instance: str
    start: bool
    why: str


@dataclass(frozen=True, slots=True)
class Bounded:
    """What is to start and to stop, each once, in the order of the file."""

    starts: tuple[Choice, ...] = ()
    stops: tuple[Choice, ...] = ()
    withheld: tuple[Withheld, ...] = ()


def bounded(
    stack: Stack,
    running: Set[str],
    scheduled: Mapping[str, str],
    unscheduled: Mapping[str, str],
    decisions: Mapping[str, Decision],
) -> Bounded:
    """Put the wishes of schedules and load together.

    `running` are the instances at work or on their way. `scheduled` are those that the schedules want at work now,
    `unscheduled` those that they do not, each with the reason; what is in neither is no concern of theirs. `decisions`
    are those about load, by layer. One that only recommends moves nothing.
    """
    by_layer = {name: decision for name, decision in decisions.items() if decision.enforced}
    tally = _Tally(stack, running)
    starts = {name: why for name, why in scheduled.items() if name in stack.instances and tally.add(name)}
    stops: dict[str, str] = {}
    withheld: list[Withheld] = []
    for name, why in _wanted(by_layer, stack, starting=True):
        full = tally.full(name)
        if full:
            withheld.append(Withheld(name, start=True, why=full))
        elif tally.add(name):
            starts[name] = why
    for name, why in (*unscheduled.items(), *_wanted(by_layer, stack, starting=False)):
        if name not in running or name in starts or name not in tally.after:
            continue
        kept = _needed(stack, name, by_layer) or tally.short(name)
        if kept:
            withheld.append(Withheld(name, start=False, why=kept))
        else:
            stops[name] = why
            tally.remove(name)
    return Bounded(_in_order(stack, starts), _in_order(stack, stops), tuple(withheld))


class _Tally:
    """Who would be at work after what has been decided so far, and how many of each layer that scales."""

    def __init__(self, stack: Stack, running: Set[str]) -> None:
        self._stack = stack
        self.after: set[str] = set()
        self._counts: Counter[str] = Counter()
        for name in running:
            if name in stack.instances:
                self.add(name)

    def add(self, name: str) -> bool:
        """Count an instance in. Returns whether it was not."""
        if name in self.after:
            return False
        self.after.add(name)
        self._counts.update(_scaled(self._stack, name).keys())
        return True

    def remove(self, name: str) -> None:
        """Count an instance out."""
        self.after.discard(name)
        self._counts.subtract(_scaled(self._stack, name).keys())

    def full(self, name: str) -> str:
        """Why an instance has no place in its layers, "" if it has."""
        for layer, policy in _scaled(self._stack, name).items():
            if self._counts[layer] >= policy.maximum:
                return f"{layer} has {self._counts[layer]} of at most {policy.maximum}"
        return ""

    def short(self, name: str) -> str:
        """Why its layers cannot do without an instance, "" if they can."""
        for layer, policy in _scaled(self._stack, name).items():
            if self._counts[layer] <= policy.minimum:
                return f"{layer} has {self._counts[layer]} of at least {policy.minimum}"
        return ""


def _needed(stack: Stack, name: str, decisions: Mapping[str, Decision]) -> str:
    """Why another layer of a load-based instance keeps it, "" if none does."""
    if stack.instances[name].type is not InstanceType.LOAD:
        return ""
    for layer in _scaled(stack, name):
        decision = decisions.get(layer)
        if decision is None or all(choice.instance != name for choice in decision.stops):
            return f"{layer} does not give it up"
    return ""


def _wanted(decisions: Mapping[str, Decision], stack: Stack, *, starting: bool) -> Iterator[tuple[str, str]]:
    """Yield the load-based instances that some layer wants to start or to stop, each once."""
    seen: set[str] = set()
    for decision in decisions.values():
        for choice in decision.starts if starting else decision.stops:
            instance = stack.instances.get(choice.instance)
            if choice.instance not in seen and instance is not None and instance.type is InstanceType.LOAD:
                seen.add(choice.instance)
                yield choice.instance, choice.reason


def _scaled(stack: Stack, name: str) -> dict[str, LoadScaling]:
    """The layers of an instance that scale by load, with their policies."""
    return {
        layer: policy
        for layer in stack.instances[name].layers
        if (policy := stack.layers[layer].load_scaling) is not None
    }


def _in_order(stack: Stack, wanted: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(name, wanted[name]) for name in stack.instances if name in wanted)
