"""Which online instances the stack file has set up again without anybody having asked, why, and who has to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from stackward.definition.model import Batch, Stack
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS, Initiator, State
from stackward.resources import volumes
from stackward.rollout.setups import batches, turns_of
from stackward.state.records import Command, CommandStatus, InstanceRecord, StackState


def why(stack: Stack, record: InstanceRecord) -> str:
    """Why the stack file has an online instance set up again, "" where it has not. What it leaves it leaves before."""
    layers = stack.instances[record.name].layers if record.name in stack.instances else ()
    if record.state is not State.ONLINE or not layers or {*record.layers} - {*layers}:
        return ""
    if record.layers != layers:
        return f"its layers were {', '.join(record.layers)} and are {', '.join(layers)} now"
    return volumes.due(stack, record)


def kept_by(stack: Stack, state: StackState) -> dict[str, tuple[str, ...]]:
    """By instance that is due a Setup, those of its layers whose Setup has failed: it would most likely fail here too.

    Until they are online again or gone, the stack file takes no other one of their layers away. A person may.
    """
    failed = [
        name
        for name in stack.instances
        if name in state.instances and state.instances[name].state is State.SETUP_FAILED
    ]
    if not failed:
        return {}
    layers = {name: {*instance.layers} for name, instance in stack.instances.items()}
    found = {
        name: tuple(other for other in failed if layers[name] & layers[other])
        for name in stack.instances
        if name in state.instances and why(stack, state.instances[name])
    }
    return {name: others for name, others in found.items() if others}


def commands(
    stack: Stack, state: StackState, covers: Callable[[str], bool], given: Batch | None, now: datetime
) -> tuple[Command, ...]:
    """The Setups that the stack file asks for now, in batches as if a person had; not written yet.

    Their numbers are below those of all others. `given` is how many of a layer go at a time.
    """
    asked = {command.instance for command in state.commands if command.event == Event.SETUP.value}
    reasons = {
        name: reason
        for name in stack.instances
        if covers(name) and name not in asked and (record := state.instances.get(name)) is not None
        # What moves it away from online comes first.
        if record.request is None and not record.reboot_wanted and (reason := why(stack, record))
    }
    if not reasons:
        return ()
    kept = kept_by(stack, state)
    names = tuple(name for name in reasons if name not in kept)
    turns = turns_of(batches(stack, state, names, given))
    lowest = min([0, *(command.id for command in state.commands)])
    batch = 1 + max([0, *state.rollouts, *(command.batch for command in state.commands)])
    return tuple(
        Command(
            id=lowest - order,
            batch=batch,
            instance=name,
            event=Event.SETUP.value,
            arguments=turns.get(name, {}),
            initiator=Initiator.USER,
            reason=reasons[name],
            automatic=True,
            status=CommandStatus.PENDING,
            created=now,
        )
        for order, name in enumerate(names, 1)
    )


def as_set_up(stack: Stack, state: StackState) -> Stack:
    """The stack as it is at work: an online instance has no layer yet that its Setup has still to bring.

    One that has layers to leave is as in the file: what an app keeps there by another layer must not go with them.
    """
    behind = {
        name: tuple(layer for layer in instance.layers if layer in record.layers)
        for name, instance in stack.instances.items()
        if (record := state.instances.get(name)) is not None
        and record.state in MEMBERS
        and {*record.layers} < {*instance.layers}
    }
    if not behind:
        return stack
    its = {name: replace(stack.instances[name], layers=layers) for name, layers in behind.items()}
    return replace(stack, instances={**stack.instances, **its})
