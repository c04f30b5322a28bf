"""The instances of a stack as they see each other, from what the store knows."""

from __future__ import annotations

from stackward.attributes import Peer
from stackward.definition.model import Stack
from stackward.lifecycle.states import State
from stackward.state.records import StackState


def peers(stack: Stack, state: StackState) -> dict[str, Peer]:
    """Every instance of the file and every one that has left it but is still known."""
    found: dict[str, Peer] = {}
    for name, instance in stack.instances.items():
        record = state.instances.get(name)
        machine = record.machine if record else None
        found[name] = Peer(
            name=name,
            layers=instance.layers,
            state=record.state if record else State.STOPPED,
            address=machine.address if machine else None,
            port=machine.port if machine else 22,
            elastic_address=machine.elastic_address if machine else None,
            ports={item.app: item.port for item in record.apps if item.port is not None} if record else {},
        )
    for name, record in state.instances.items():
        if name not in found:
            machine = record.machine
            found[name] = Peer(
                name=name,
                layers=record.layers,
                state=record.state,
                address=machine.address if machine else None,
                port=machine.port if machine else 22,
            )
    return found
