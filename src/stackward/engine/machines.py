"""Makes, starts, stops, restarts and removes the machine behind an instance; intent is committed before each call."""

from __future__ import annotations

import dataclasses
from typing import cast

from stackward import provider_choice
from stackward.definition.model import Connection, Stack
from stackward.engine import attempts, identity, machine_volumes, namesakes
from stackward.engine.hold import HeldInstance
from stackward.engine.reach import Reach
from stackward.errors import AddressTakenError, ProviderError
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, State
from stackward.providers.base import (
    Capability,
    FindsLaunched,
    Machine,
    MachineState,
    Provider,
)
from stackward.state.records import MachineRecord

BOOT_SECONDS = 300.0
"""How long the machine of an instance that has left the file may take from the provider's answer to its greeting."""


def boot(held: HeldInstance, provider: Provider, reach: Reach) -> MachineRecord:
    """Bring the instance's machine up until SSH answers, and the instance to running_setup.

    Repeatable at any point: the token is committed before the provider is asked, so a second call finds the machine
    of the first. Raises ProviderError and StaleEpochError.
    """
    stack, name, epoch, record = held.stack, held.name, held.hold.epoch, held.record
    if record.machine is None and Capability.OWNED in provider.capabilities:
        raise ProviderError(
            f"{name} is a machine that you own, and it is not registered yet. Register it first: "
            f"stackward register --instance {name}"
        )
    if record.machine is None:
        namesakes.refuse(held, provider)
    machine = record.machine or attempts.intended(stack, name, provider, reach.public_key())
    with held.transaction() as transaction:
        if record.machine is None:
            transaction.set_machine(name, epoch, machine)
        for item in machine_volumes.outliving(stack, name, machine):
            transaction.remember_resource(item)
        if record.state is State.REQUESTED:
            held.advance(transaction, State.PENDING, "asking the provider")

    def save(following: MachineRecord, said: str) -> None:
        with held.transaction() as transaction:
            transaction.set_machine(name, epoch, following)
            held.note(transaction, "attempt", said)

    machine, found = attempts.made(provider, stack, name, machine, reach.public_key(), save)
    if found.state is not MachineState.RUNNING:
        given = None
        if Capability.DISKS not in provider.capabilities:
            machine, given = machine_volumes.give(held, provider, reach, machine)
        found = provider.start((given or found).id)
    found = _addressed(provider, stack, name, found)
    machine = _seen(machine, found, identity.proven(provider, name, machine, found, reach.pinned))
    with held.transaction() as transaction:
        transaction.set_machine(name, epoch, machine)
        if transaction.state.instances[name].state is State.PENDING:
            held.advance(transaction, State.BOOTING, f"machine {found.id}")
    _reached(provider, reach, stack, name, found, machine)
    with held.transaction() as transaction:
        if transaction.state.instances[name].state is State.BOOTING:
            held.advance(transaction, State.RUNNING_SETUP, "SSH answers")
    return machine


def register(held: HeldInstance, provider: Provider, reach: Reach) -> MachineRecord:
    """Take up the machine that somebody owns: remember it, pin its host keys, and see that its SSH server answers.

    Repeatable at any point. Raises ProviderError, also for a provider that makes its machines itself.
    """
    stack, name, epoch, record = held.stack, held.name, held.hold.epoch, held.record
    if Capability.OWNED not in provider.capabilities:
        raise ProviderError(
            f"{name} has no address in the stack file, so its machine is made when it starts; there is nothing to "
            f"register. For a machine that you own, write its address: {stack.path}"
        )
    machine = record.machine or attempts.intended(stack, name, provider, reach.public_key())
    if record.machine is None:
        with held.transaction() as transaction:
            transaction.set_machine(name, epoch, machine)
    found = provider.create(attempts.request(stack, name, machine, reach.public_key()))
    if found.state is not MachineState.RUNNING:
        found = provider.start(found.id)
    machine = _seen(machine, found, identity.proven(provider, name, machine, found, reach.pinned))
    with held.transaction() as transaction:
        transaction.set_machine(name, epoch, machine)
    _reached(provider, reach, stack, name, found, machine)
    return machine


def _addressed(provider: Provider, stack: Stack, name: str, found: Machine) -> Machine:
    instance = stack.instances.get(name)
    if instance is not None and instance.elastic_ip:
        return provider.attach_address(stack.name, found.id)
    return found


def _seen(machine: MachineRecord, found: Machine, host_keys: tuple[str, ...]) -> MachineRecord:
    return dataclasses.replace(
        machine,
        id=found.id,
        address=found.address,
        port=found.port,
        elastic_address=found.elastic_address,
        zone=found.zone,
        host_keys=host_keys,
    )


def _reached(provider: Provider, reach: Reach, stack: Stack, name: str, found: Machine, machine: MachineRecord) -> None:
    if machine.choice.connection is not Connection.SSH:
        # Ansible itself waits for it, in the play.
        return
    if found.address is None:
        raise ProviderError(f"The provider started {name} (machine {found.id}) but gave it no address.")
    reach.pin(found.address, found.port, machine.host_keys)
    reach.wait(name, found.address, found.port, _patience(stack, name))
    if machine.host_keys and (shown := reach.shown(name, found.address, found.port)):
        identity.checked(provider, name, found, machine.host_keys, shown)


def _patience(stack: Stack, name: str) -> float:
    """How many seconds a machine may take from the provider's answer to its SSH greeting."""
    instance = stack.instances.get(name)
    return (
        max((layer.boot_timeout for layer in stack.layers_of(instance)), default=BOOT_SECONDS)
        if instance
        else BOOT_SECONDS
    )


def stop(held: HeldInstance, provider: Provider) -> None:
    """Stop the machine and leave the instance stopped; its disk and address stay.

    One that healing stops has failed, so nobody waits for it, nor where that was asked for. A machine that nobody can
    switch goes on running, and the instance is left registered. Raises ProviderError if it is not proven stopped.
    """
    name, epoch, record = held.name, held.hold.epoch, held.record
    stays = Capability.UNSWITCHED in provider.capabilities and record.machine is not None
    after, text = (State.REGISTERED, "its machine goes on running") if stays else (State.STOPPED, "stopped")
    if not stays and record.machine is not None and record.machine.id is not None:
        asked = record.request
        at_once = asked is not None and (asked.force or asked.remedy is not None)
        stopped = provider.stop(record.machine.id, force=at_once)
        if stopped.state not in (MachineState.STOPPED, MachineState.TERMINATED):
            raise ProviderError(f"{name} was told to stop, and its machine {stopped.id} is {stopped.state.value}.")
    with held.transaction() as transaction:
        held.advance(transaction, after, text)
        request = transaction.state.instances[name].request
        if request is not None and request.desired is Desired.STOPPED:
            transaction.clear_request(name, epoch)
        transaction.release(name, epoch)


def terminate(held: HeldInstance, provider: Provider, reach: Reach) -> None:
    """Remove the machine for good. An instance that has left the stack file is forgotten with it.

    A machine that was asked for but whose answer was lost is found by its token first.
    """
    stack, name, epoch, record = held.stack, held.name, held.hold.epoch, held.record
    machine = record.machine
    if machine is not None:
        # One that somebody owns is let go as it is, also where nothing can be found out about it.
        made = not (machine.owned and machine.id is not None)
        known = provider.describe(stack.name).values() if made else ()
        tokens = attempts.tokens(machine)
        ids = {found.id for found in known if found.token in tokens}
        if machine.id is not None:
            ids.add(machine.id)
        elif not ids and Capability.TOLD_LATE in provider.capabilities:
            ids |= cast("FindsLaunched", provider).launched(tokens)
        for machine_id in sorted(ids):
            provider.terminate(machine_id)
        left = sorted(ids & provider.describe(stack.name).keys()) if made else []
        if left:
            raise ProviderError(f"{name} was told to go, and its machine {', '.join(left)} is still there.")
        if machine.address is not None:
            reach.unpin(machine.address, machine.port)
        if record.request is None or record.request.remedy is None:
            machine_volumes.give_up(held, provider)
    with held.transaction() as transaction:
        held.advance(transaction, State.TERMINATED, "terminated")
        transaction.set_machine(name, epoch, None)
        transaction.revoke_token(name)
        request = transaction.state.instances[name].request
        if request is not None and request.desired is Desired.TERMINATED:
            transaction.clear_request(name, epoch)
        transaction.release(name, epoch)
        if name not in stack.instances:
            transaction.forget_instance(name, epoch)


def reboot(held: HeldInstance, provider: Provider, reach: Reach) -> None:
    """Restart the machine, and wait until it has come back. No lifecycle event runs.

    (OpsWorks user guide: a soft reboot keeps everything.) Where the reboot is a recipe's, and not the move of its run,
    the instance stays the run's, in the state that it is in.
    """
    stack, name, epoch, record = held.stack, held.name, held.hold.epoch, held.record
    if record.machine is None or record.machine.id is None:
        raise ProviderError(f"{name} has no machine to reboot; ask for a start instead.")
    # A machine may go on answering for a while after its provider has said yes.
    its = provider_choice.choice(stack, name, record.machine)
    before = reach.boot(its, record.machine)
    found = provider.reboot(record.machine.id)
    # Where SSH does not greet, coming back is the only sign of having been away.
    if before or its.connection is not Connection.SSH:
        reach.rebooted(name, its, record.machine, before, _patience(stack, name))
    try:
        found = _addressed(provider, stack, name, found)
    except AddressTakenError:
        # A machine that was restarted is as good as before; each converge says who has its address.
        found = dataclasses.replace(found, elastic_address=record.machine.elastic_address)
    machine = _seen(record.machine, found, identity.proven(provider, name, record.machine, found, reach.pinned))
    _reached(provider, reach, stack, name, found, machine)
    with held.transaction() as transaction:
        transaction.set_machine(name, epoch, machine)
        transaction.want_reboot(name, wanted=False)
        if record.state is not State.REBOOTING:
            return
        held.advance(transaction, State.ONLINE, "rebooted")
        if record.request is not None and record.request.remedy is Remedy.REBOOT:
            transaction.clear_request(name, epoch)
        transaction.release(name, epoch)
