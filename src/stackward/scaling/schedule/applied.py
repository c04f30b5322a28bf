"""Which schedules say when an instance is wanted: its own, or the capacity of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackward.definition.model import InstanceType, Stack
from stackward.definition.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Applied:
    """A schedule that an instance goes by, and whose it is: "its schedule", or "capacity 2 of layer web"."""

    schedule: Schedule
    source: str


def applied(stack: Stack) -> Mapping[str, tuple[Applied, ...]]:
    """The schedules of every time-based instance, in the order of the file.

    An instance with a schedule of its own goes by that alone. Of the others of a layer, the first in the file are
    wanted, up to the number that the layer's capacity says; one in several layers is wanted as soon as one wants it.
    """
    filled = dict.fromkeys(stack.layers, 0)
    found: dict[str, tuple[Applied, ...]] = {}
    for name, instance in stack.instances.items():
        if instance.type is not InstanceType.TIME:
            continue
        if instance.schedule is not None:
            found[name] = (Applied(instance.schedule, "its schedule"),)
            continue
        for layer in instance.layers:
            filled[layer] += 1
        found[name] = tuple(
            Applied(capacity.during, f"capacity {capacity.instances} of layer {layer.name}")
            for layer in stack.layers_of(instance)
            for capacity in layer.capacity
            if capacity.instances >= filled[layer.name]
        )
    return found
