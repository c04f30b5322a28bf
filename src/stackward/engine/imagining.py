"""What the state would be if a request were written, for a look ahead that writes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stackward.definition.model import Stack
from stackward.engine.requests import may_reboot
from stackward.engine.rollouts import arguments_of, in_place_of_what_is_live, observations
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Plan, Scope, decide
from stackward.rollout import setups
from stackward.rollout.actions import ACTIONS
from stackward.state.records import (
    Command,
    CommandStatus,
    Deployment,
    InstanceRecord,
    Request,
    StackState,
)

_DESIRED = {
    "registered": Desired.REGISTERED,
    "started": Desired.ONLINE,
    "stopped": Desired.STOPPED,
    "terminated": Desired.TERMINATED,
    "deregistered": Desired.TERMINATED,
}


def look_ahead(
    stack: Stack, state: StackState, scope: Scope, want: str, arguments: Mapping[str, Any], now: datetime
) -> tuple[Plan, StackState]:
    """What a run would do once `want` was asked for ("": nothing), and the state as it would then be."""
    # Whoever asks tends what is asked for; others tend only what is there already.
    seen = observations(state, now)
    if want:
        state = imagined(stack, state, sorted(scope.instances or ()), want, arguments, now)
    return decide(stack, state, seen, now, scope), state


def imagined(
    stack: Stack, state: StackState, names: Sequence[str], want: str, arguments: Mapping[str, Any], now: datetime
) -> StackState:
    """The state as it would be after the request `want` for these instances.

    `arguments` are those of an event; for "scaled" they say under `desired` what each instance is wanted to be,
    for "healed" under `remedies` what is done to it, and under `marks` which of them are lost.
    """
    if want in ("deploy", "rollback", *ACTIONS):
        return _rolled_out(stack, state, names, want, arguments, now)
    instances = dict(state.instances)
    commands = list(state.commands)
    its = setups.arguments_of(stack, state, names, arguments) if want == Event.SETUP.value else {}
    newest = 1 + max((command.batch for command in commands), default=0)
    for order, name in enumerate(names):
        record = instances.get(name) or InstanceRecord(name, stack.instances[name].layers)
        if want == "scaled":
            desired = arguments["desired"].get(name)
            if desired is not None:
                asked = Request(Desired(desired), Initiator.AUTO_SCALING, "asked for", now)
                record = dataclasses.replace(record, request=asked)
        elif want == "healed":
            remedy = arguments["remedies"].get(name)
            if remedy is not None:
                asked = Request(Desired.ONLINE, Initiator.AUTO_HEALING, "to be healed", now, Remedy(remedy))
                after = State.CONNECTION_LOST if name in arguments["marks"] else record.state
                record = dataclasses.replace(record, request=asked, state=after, since=now)
        elif want in _DESIRED:
            record = dataclasses.replace(record, request=Request(_DESIRED[want], Initiator.USER, "asked for", now))
        elif want == "rebooted":
            record = dataclasses.replace(record, reboot_wanted=may_reboot(record))
        else:
            command = _command(-1 - order, name, want, its.get(name, arguments), now)
            commands.append(dataclasses.replace(command, batch=newest))
        instances[name] = record
    return dataclasses.replace(state, instances=instances, commands=tuple(commands))


def _command(number: int, name: str, event: str, arguments: Mapping[str, Any], now: datetime) -> Command:
    return Command(
        id=number,
        batch=0,
        instance=name,
        event=event,
        arguments=arguments,
        initiator=Initiator.USER,
        reason="asked for",
        automatic=False,
        status=CommandStatus.PENDING,
        created=now,
    )


def _rolled_out(
    stack: Stack, state: StackState, names: Sequence[str], kind: str, arguments: Mapping[str, Any], now: datetime
) -> StackState:
    """The state with a rollout on those instances that are online, in its batches."""
    app = stack.apps[arguments["app"]]
    online = [name for name in names if name in state.instances and state.instances[name].state is State.ONLINE]
    wanted = Deployment(app.name, arguments["release"], arguments["revision"], now)
    attributes, migrates = arguments.get("attributes", {}), arguments.get("migrates", False)
    planned = arguments_of(stack, app, online, state, wanted, attributes, kind, migrates=migrates)
    commands = [
        dataclasses.replace(_command(-1 - order, name, "deploy", its, now), batch=-1)
        for order, (name, its) in enumerate(planned.items())
    ]
    begun = in_place_of_what_is_live(kind, wanted, state, now)
    rollout = dataclasses.replace(begun, reason="asked for", batch=-1)
    return dataclasses.replace(
        state,
        commands=(*state.commands, *commands),
        rollouts={**state.rollouts, **({-1: rollout} if commands else {})},
    )
