"""A state in which every instance is online and knows everything, without any machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from stackward.definition.model import Stack
from stackward.lifecycle.states import State
from stackward.state.records import MachineRecord
from stackward.state.store import Store

FIRST_ADDRESS = IPv4Address("10.64.0.1")
WAY_ONLINE = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)


def put_online(store: Store, stack: Stack) -> None:
    """Write down that every instance of the stack is online and configured."""
    now = datetime.now(UTC)
    with store.transaction(stack.name) as transaction:
        run = transaction.begin_run("start", "benchmark", 1, 0.0, "benchmark", now)
        transaction.adopt_definition(stack.digest, "benchmark", now, run)
        epochs = {}
        for number, (name, instance) in enumerate(stack.instances.items()):
            transaction.put_instance(name, instance.layers, now)
            epochs[name] = transaction.claim(name, run, "benchmark", now, now + timedelta(minutes=1)).epoch
            machine = MachineRecord(
                f"token-{number}", 1, {}, id=f"machine-{number}", address=str(FIRST_ADDRESS + number)
            )
            transaction.set_machine(name, epochs[name], machine)
            for state in WAY_ONLINE:
                transaction.advance(name, epochs[name], state, now, actor="benchmark", run=run)
        generation = transaction.state.generation
        for name, epoch in epochs.items():
            transaction.configured(name, epoch, generation)
        transaction.end_run(run, now)
