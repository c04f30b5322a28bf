"""One lifecycle event on one instance: begin it, compile what the instance must be, and record that it succeeded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackward.definition.model import Stack
from stackward.engine import agents, contents, rollouts
from stackward.engine.asked import LEAVES, Asked, accesses_of
from stackward.engine.compiling import Begun, Underway, compiled
from stackward.engine.hold import HeldInstance
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator
from stackward.rollout import due, turns
from stackward.rollout.contents import Parts
from stackward.state.records import Command, CommandStatus, Deployment
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction


@dataclass(frozen=True, slots=True)
class Cause:
    """Who has an event run, and why. A `remark` on how it is done goes to the journal."""

    initiator: Initiator
    reason: str
    remark: str = ""


def begin(
    held: HeldInstance,
    event: str,
    cause: Cause,
    *,
    command: int | None,
    decrypt: Callable[[str], str],
    leaves: Sequence[str] = (),
) -> Begun:
    """Begin the event under the claim: an asked-for `command`, or one that the engine writes for itself.

    With `leaves` it is about these layers of the instance, which it does not have any more.
    Raises StackwardError if an app's source cannot be fetched or a layer cannot be compiled; the command has then
    begun, and the caller records its failure.
    """
    stack, name, hold, now = held.stack, held.name, held.hold, held.now
    with held.transaction() as transaction:
        _end_abandoned(transaction, held, command)
        number = command if command is not None else _asked_by_engine(transaction, held, event, cause, leaves)
        transaction.begin_command(number, hold.epoch, hold.run, now())
        asked = next(item for item in transaction.state.commands if item.id == number)
        contents.begun(transaction, name, hold.epoch, event, asked.arguments)
        if cause.remark:
            held.note(transaction, "remark", cause.remark)
        state = transaction.state
        accesses = accesses_of(transaction, stack, state)
        its = agents.renewed(transaction, stack, name, event, asked.arguments, now())
    agent = agents.arranged(stack, its)
    at_work = due.as_set_up(stack, state)
    return compiled(Asked(held.store, at_work, state, accesses, agent, name, asked, decrypt, now))


def _end_abandoned(transaction: StackTransaction, held: HeldInstance, resumed: int | None) -> None:
    """Close what the engine had written for a run that has died on the instance, but for the command gone on with."""
    hold = held.hold
    for item in transaction.state.commands:
        theirs = item.run not in (None, hold.run)
        if item.instance == held.name and item.automatic and theirs and item.id != resumed:
            transaction.finish_command(
                item.id, hold.epoch, CommandStatus.EXPIRED, held.now(), failure="The run that worked on it has died."
            )


def _asked_by_engine(
    transaction: StackTransaction, held: HeldInstance, event: str, cause: Cause, leaves: Sequence[str]
) -> int:
    """Write the command for an event that is part of a move. Returns its number."""
    return transaction.ask(
        held.name,
        event,
        {LEAVES: list(leaves)} if leaves else {},
        batch=None,
        initiator=cause.initiator,
        reason=cause.reason,
        automatic=True,
        now=held.now(),
    ).id


def look(
    store: Store,
    stack: Stack,
    name: str,
    event: str,
    arguments: Mapping[str, Any],
    *,
    decrypt: Callable[[str], str],
    now: Callable[[], datetime],
    only: str | None = None,
) -> Begun:
    """What the event, or with `only` one layer in it, would apply now; nothing is written. Raises as `begin` does."""
    with contextlib.suppress(_NotWrittenError), store.transaction(stack.name) as transaction:
        state = transaction.state
        accesses = accesses_of(transaction, stack, state)
        its = agents.Pass(known=name in transaction.agents())
        raise _NotWrittenError
    imagined = Command(
        id=0,
        batch=0,
        instance=name,
        event=event,
        arguments=arguments,
        initiator=Initiator.USER,
        reason="a look",
        automatic=False,
        status=CommandStatus.PENDING,
        created=now(),
    )
    agent = agents.arranged(stack, its)
    at_work = due.as_set_up(stack, state) if only is None else stack
    return compiled(Asked(store, at_work, state, accesses, agent, name, imagined, decrypt, now), only)


class _NotWrittenError(Exception):
    """Ends a transaction without saving it."""


def succeeded(held: HeldInstance, done: Underway, *, ran: Parts | None = None, let_go: bool = False) -> None:
    """Record that the event succeeded, and what it changed: releases, the generation configured, the live release.

    `ran` is what it has run, None where nobody looked. `let_go` gives the claim back in the same write.
    """
    stack, name, epoch, now = held.stack, held.name, held.hold.epoch, held.now
    with held.transaction() as transaction:
        ended = transaction.finish_command(done.command, epoch, CommandStatus.SUCCESSFUL, now(), exit_code=0)
        held.note(
            transaction,
            "command",
            f"{done.event} {CommandStatus.SUCCESSFUL.value}",
            {"command": done.command, "event": done.event},
        )
        if ran is not None:
            contents.ended(transaction, name, epoch, done.event, ended.arguments, ran)
        if let_go:
            transaction.release(name, epoch)
        if done.event == Event.CONFIGURE.value:
            transaction.configured(name, epoch, done.generation)
        if done.event == Event.DEPLOY.value:
            for release in done.releases:
                transaction.set_release(name, epoch, release)
        if done.event == Event.UNDEPLOY.value:
            for release in done.releases:
                transaction.drop_release(name, epoch, release.app)
                _forget(transaction, stack, release.app)
        if turns.rolling(ended):
            found = transaction.state.rollouts.get(ended.batch)
            if found is not None:
                rollouts.conclude(transaction, stack, found, now())
        elif (
            done.event == Event.UNDEPLOY.value
            and "app" in ended.arguments
            and transaction.batch_successful(ended.batch)
        ):
            # One that was skipped or failed keeps new instances from coming up without the app.
            transaction.set_deployment(Deployment(ended.arguments["app"], "", "", now()))


def _forget(transaction: StackTransaction, stack: Stack, app: str) -> None:
    """Once an app that has left the file is nowhere any more, one of that name that comes later starts afresh."""
    there = {item.app for record in transaction.state.instances.values() for item in record.apps}
    if app not in stack.apps and app not in there:
        transaction.drop_deployment(app)
