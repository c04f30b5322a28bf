"""How much of a stack is down at the moment, whatever for: one budget for healing, deploying and stopping.

Whoever takes instances away asks here first, with what the state knows inside its own transaction. So a heal does not
begin where a deploy has taken its share, and the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from stackward.definition.model import Instance, Layer, Stack
from stackward.lifecycle.states import RESTING, Desired, Initiator
from stackward.rollout import setups, turns
from stackward.state.records import Command, CommandStatus, StackState

STACK_SHARE = 0.1
"""How much of a stack may be in healing at a time, of 1; one instance may in any case."""

TAKES_AWAY = frozenset({"setup", "deploy", "undeploy", "shutdown"})
"""Events during which an instance does not do its work, or may not."""


def in_healing(state: StackState) -> frozenset[str]:
    """The instances that healing is moving now, or has asked to be configured."""
    asked = {command.instance for command in state.commands if command.initiator is Initiator.AUTO_HEALING}
    return frozenset(asked) | {
        record.name
        for record in state.instances.values()
        if record.request is not None and record.request.initiator is Initiator.AUTO_HEALING
    }


def down_on_purpose(state: StackState, claimed: Collection[str], failing: Collection[str] = ()) -> frozenset[str]:
    """The instances that somebody moves or deploys to, or is about to. `claimed` are those that a living run holds."""
    asked = {item.instance for item in state.commands if item.event in TAKES_AWAY and not _harmless(item)}
    return frozenset(
        record.name
        for record in state.instances.values()
        if record.name not in failing
        and record.state not in RESTING
        and (record.name in claimed or record.name in asked or record.request is not None or record.reboot_wanted)
    )


def _harmless(command: Command) -> bool:
    """Whether a command leaves its instance at work for now."""
    return turns.harmless(command) or (setups.in_turn(command) and command.status is CommandStatus.PENDING)


def leaving(state: StackState) -> frozenset[str]:
    """The instances that scaling stops or removes now."""
    return frozenset(
        record.name
        for record in state.instances.values()
        if record.request is not None
        and record.request.initiator is Initiator.AUTO_SCALING
        and record.request.desired in (Desired.STOPPED, Desired.TERMINATED)
        and record.state not in RESTING
    )


def deploying(state: StackState) -> Mapping[str, Command]:
    """By instance, the command that deploys to it or undeploys from it, and is not finished."""
    return {item.instance: item for item in reversed(state.commands) if item.event in ("deploy", "undeploy")}


def full(stack: Stack, instance: Instance, healing: Collection[str], down: Collection[str]) -> str:
    """Why no further instance of its layers, or of the stack, may be taken away now; "" if it may.

    `healing` are in healing now, `down` are down because somebody wanted it.
    """
    for layer in stack.layers_of(instance):
        members = members_of(stack, layer.name)
        busy = members & {*healing, *down}
        allowed = allowance(layer, len(members))
        if len(busy) >= allowed:
            return f"{_some(allowed)} of layer {layer.name} may be down at a time, and {', '.join(sorted(busy))} is"
    allowed = max(1, math.floor(len(stack.instances) * STACK_SHARE))
    if len(healing) >= allowed:
        return f"{_some(allowed)} of the stack may be healed at a time, and {', '.join(sorted(healing))} is"
    return ""


def beside(stack: Stack, wanted: Collection[str], down: Collection[str]) -> str:
    """Why these may not be taken away together beside those that are `down` already; "" if they may.

    Where nobody else of a layer is down, as many of it may go as whoever asks has chosen: a deploy its batch, scaling
    its step.
    """
    for layer in stack.layers.values():
        members = members_of(stack, layer.name)
        others = members & {*down} - {*wanted}
        allowed = allowance(layer, len(members))
        if others and members & {*wanted} and len(others) + len(members & {*wanted}) > allowed:
            return f"{_some(allowed)} of layer {layer.name} may be down at a time, and {', '.join(sorted(others))} is"
    return ""


def staying(stack: Stack, state: StackState, wanted: Collection[str]) -> str:
    """Why scaling may not stop these together now; "" if it may.

    One to which an app is being deployed is as little stopped as one beside which too many others are down.
    """
    deploys = deploying(state)
    for name in sorted({*wanted} & deploys.keys()):
        return f"{deploys[name].event} of {name} is not over"
    return beside(stack, wanted, in_healing(state) | deploys.keys())


def members_of(stack: Stack, layer: str) -> frozenset[str]:
    """The instances of the file that have the layer."""
    return frozenset(name for name, item in stack.instances.items() if layer in item.layers)


def allowance(layer: Layer, members: int) -> int:
    """How many instances of a layer with so many may be down at a time; one may in any case."""
    return max(1, math.floor(members * layer.healing.share))


def _some(count: int) -> str:
    return "1 instance" if count == 1 else f"{count} instances"
