"""What the state would be if a request were written, for a look ahead that writes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stackward.definition.model import Stack
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import FAILED, Desired, Initiator, State
from stackward.state.records import Command, CommandStatus, InstanceRecord, Request, StackState

_DESIRED = {
    "registered": Desired.REGISTERED,
    "started": Desired.ONLINE,
    "stopped": Desired.STOPPED,
    "terminated": Desired.TERMINATED,
    "deregistered": Desired.TERMINATED,
}


def imagined(
    stack: Stack, state: StackState, names: Sequence[str], want: str, arguments: Mapping[str, Any], now: datetime
) -> StackState:
    """The state as it would be after the request `want` for these instances.

    `arguments` are those of an event; for "scaled" they say under `desired` what each instance is wanted to be,
    for "healed" under `remedies` what is done to it.
    """
    instances = dict(state.instances)
    commands = list(state.commands)
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
                failed = record.state if record.state in FAILED else State.CONNECTION_LOST
                record = dataclasses.replace(record, request=asked, state=failed, since=now)
        elif want in _DESIRED:
            record = dataclasses.replace(record, request=Request(_DESIRED[want], Initiator.USER, "asked for", now))
        elif want == "rebooted":
            record = dataclasses.replace(record, reboot_wanted=record.state is State.ONLINE)
        else:
            commands.append(_command(-1 - order, name, want, arguments, now))
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
