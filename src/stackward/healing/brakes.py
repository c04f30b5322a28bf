"""What keeps healing from doing more harm than the failure."""

from __future__ import annotations

import math
from collections.abc import Collection

from stackward.definition.model import Instance, Layer, Stack
from stackward.lifecycle.states import RESTING, Initiator
from stackward.state.records import StackState

STACK_SHARE = 0.1
"""How much of a stack may be in healing at a time, of 1; one instance may in any case."""

SMALLEST_STORM = 3
"""In stacks of so many instances or more, more than half of them failing at once is taken for one common cause."""

_DOWN = RESTING


def vetoed(stack: Stack, instance: Instance) -> str:
    """The layer that forbids healing the instance, "" if none does (OpsWorks: any layer with it off wins)."""
    return next((layer.name for layer in stack.layers_of(instance) if not layer.healing.enabled), "")


def storm(failing: Collection[str], watched: Collection[str]) -> str:
    """Why nobody is healed when so many fail together, "" if they may be."""
    if len(watched) < SMALLEST_STORM or len(failing) * 2 <= len(watched):
        return ""
    return (
        f"{len(failing)} of {len(watched)} instances fail at once, so one cause is likely that healing them one by one "
        "does not mend; a person must look"
    )


def in_healing(state: StackState) -> frozenset[str]:
    """The instances that healing is moving now."""
    return frozenset(
        record.name
        for record in state.instances.values()
        if record.request is not None and record.request.initiator is Initiator.AUTO_HEALING
    )


def down_on_purpose(state: StackState, claimed: Collection[str], failing: Collection[str]) -> frozenset[str]:
    """The instances that somebody moves or deploys to: they count against the same share as those in healing."""
    return frozenset(
        record.name
        for record in state.instances.values()
        if record.name not in failing
        and record.state not in _DOWN
        and (record.name in claimed or record.request is not None or record.reboot_wanted)
    )


def full(stack: Stack, instance: Instance, healing: Collection[str], down: Collection[str]) -> str:
    """Why no further instance of its layers, or of the stack, may be healed now; "" if it may.

    `healing` are in healing now, `down` are down because somebody wanted it.
    """
    for layer in stack.layers_of(instance):
        members = {name for name, item in stack.instances.items() if layer.name in item.layers}
        busy = members & {*healing, *down}
        allowed = _allowed(layer, len(members))
        if len(busy) >= allowed:
            return f"{_some(allowed)} of layer {layer.name} may be down at a time, and {', '.join(sorted(busy))} is"
    allowed = max(1, math.floor(len(stack.instances) * STACK_SHARE))
    if len(healing) >= allowed:
        return f"{_some(allowed)} of the stack may be healed at a time, and {', '.join(sorted(healing))} is"
    return ""


def _allowed(layer: Layer, members: int) -> int:
    return max(1, math.floor(members * layer.healing.share))


def _some(count: int) -> str:
    return "1 instance" if count == 1 else f"{count} instances"
