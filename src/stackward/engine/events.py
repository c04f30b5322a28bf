"""One lifecycle event on one instance: begin it, compile what the instance must be, and record how it ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from stackward.definition.model import Stack
from stackward.engine import agents, contents, rollouts
from stackward.engine.asked import LEAVES, Asked, accesses_of
from stackward.engine.compiling import Begun, compiled
from stackward.engine.hold import Hold
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator
from stackward.rollout import turns
from stackward.rollout.contents import Parts
from stackward.state.records import AppRelease, Command, CommandStatus, Deployment
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction


def begin(
    store: Store,
    stack: Stack,
    name: str,
    event: str,
    hold: Hold,
    *,
    command: int | None,
    initiator: Initiator,
    reason: str,
    remark: str = "",
    decrypt: Callable[[str], str],
    now: Callable[[], datetime],
    leaves: Sequence[str] = (),
) -> Begun:
    """Begin the event under the claim: an asked-for `command`, or one that the engine writes for itself.

    A `remark` on how it is done goes to the journal. With `leaves` it is about
    these layers of the instance, which it does not have any more.
    Raises StackwardError if an app's source cannot be fetched or a layer cannot be compiled; the command has then
    begun, and the caller records its failure.
    """
    with store.transaction(stack.name) as transaction:
        number = command
        _end_abandoned(transaction, name, hold, command, now())
        if number is None:
            about = {LEAVES: list(leaves)} if leaves else {}
            number = transaction.ask(
                name, event, about, batch=None, initiator=initiator, reason=reason, automatic=True, now=now()
            ).id
        transaction.begin_command(number, hold.epoch, hold.run, now())
        asked = next(item for item in transaction.state.commands if item.id == number)
        contents.begun(transaction, name, hold.epoch, event, asked.arguments)
        if remark:
            transaction.note("remark", remark, actor=hold.actor, now=now(), instance=name, run=hold.run)
        state = transaction.state
        accesses = accesses_of(transaction, stack, state)
        its = agents.renewed(transaction, stack, name, event, asked.arguments, now())
    agent = agents.arranged(stack, its)
    return compiled(Asked(store, stack, state, accesses, agent, name, asked, decrypt, now))


def _end_abandoned(transaction: StackTransaction, name: str, hold: Hold, resumed: int | None, now: datetime) -> None:
    """Close what the engine had written for a run that has died on the instance, but for the command gone on with."""
    for item in transaction.state.commands:
        theirs = item.run not in (None, hold.run)
        if item.instance == name and item.automatic and theirs and item.id != resumed:
            transaction.finish_command(
                item.id, hold.epoch, CommandStatus.EXPIRED, now, failure="The run that worked on it has died."
            )


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
    return compiled(Asked(store, stack, state, accesses, agent, name, imagined, decrypt, now), only)


class _NotWrittenError(Exception):
    """Ends a transaction without saving it."""


def finish(
    store: Store,
    stack: Stack,
    name: str,
    begun_event: str,
    command: int,
    hold: Hold,
    status: CommandStatus,
    *,
    generation: int,
    releases: Sequence[AppRelease],
    failure: str = "",
    exit_code: int | None = None,
    let_go: bool = False,
    ran: Parts | None = None,
    now: Callable[[], datetime],
) -> None:
    """Record how the event ended, and what it changed: releases, the generation configured, the app's live release.

    `let_go` gives the claim back in the same write. `ran` is what it has run, None where nobody looked.
    """
    with store.transaction(stack.name) as transaction:
        ended = transaction.finish_command(command, hold.epoch, status, now(), exit_code=exit_code, failure=failure)
        transaction.note(
            "command",
            f"{begun_event} {status.value}" + (f": {failure}" if failure else ""),
            actor=hold.actor,
            now=now(),
            instance=name,
            run=hold.run,
            data={"command": command, "event": begun_event},
        )
        if status is CommandStatus.SUCCESSFUL and ran is not None:
            contents.ended(transaction, name, hold.epoch, begun_event, ended.arguments, ran)
        if let_go:
            transaction.release(name, hold.epoch)
        if status is not CommandStatus.SUCCESSFUL:
            return
        if begun_event == Event.CONFIGURE.value:
            transaction.configured(name, hold.epoch, generation)
        if begun_event == Event.DEPLOY.value:
            for release in releases:
                transaction.set_release(name, hold.epoch, release)
        if begun_event == Event.UNDEPLOY.value:
            for release in releases:
                transaction.drop_release(name, hold.epoch, release.app)
                _forget(transaction, stack, release.app)
        if turns.rolling(ended):
            found = transaction.state.rollouts.get(ended.batch)
            if found is not None:
                rollouts.conclude(transaction, stack, found, now())
        elif (
            begun_event == Event.UNDEPLOY.value
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
