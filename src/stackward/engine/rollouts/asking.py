"""Asks for a release on the instances of an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from stackward.definition.model import App, Stack
from stackward.engine.process import Owner
from stackward.engine.rollouts.batching import arguments_of
from stackward.engine.rollouts.locking import alive, lock, locked, take_over
from stackward.errors import StackwardError
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator, State
from stackward.state.records import (
    Deployment,
    Rollout,
    RolloutStatus,
    StackState,
)
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a rollout: the name for a person, and the process."""

    actor: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a release and what is done with it (`kind`), why, and by whom.

    `attributes` are those that the recipes of this rollout are told beside the stack's. `migrates` says that the
    release is live already, and that its migration has not run.
    """

    release: Deployment
    kind: str
    reason: str
    asker: Asker
    attributes: Mapping[str, Any] = field(default_factory=dict)
    migrates: bool = False


def request_rollout(
    store: Store, stack: Stack, app: App, names: Sequence[str], wanted: Wanted, now: datetime
) -> tuple[str, ...]:
    """Ask for a release on those instances that are online, in batches. Returns their names.

    Raises StackwardError while another rollout of the app lasts; one that nobody works on any more is taken over, with
    the instances on which it had begun.
    """
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        held = lock(state, app.name)
        begun: set[str] = set()
        if held is not None:
            if alive(held, state, now):
                raise StackwardError(locked(held, state))
            begun = take_over(transaction, held, state, f"{wanted.asker.actor} has asked for another one", now)
        targets = [
            name
            for name in stack.instances
            if (name in names or name in begun)
            and name in state.instances
            and state.instances[name].state is State.ONLINE
        ]
        if not targets:
            return ()
        return _opened(transaction, stack, app, targets, wanted, now)


def _opened(
    transaction: StackTransaction,
    stack: Stack,
    app: App,
    targets: Sequence[str],
    wanted: Wanted,
    now: datetime,
) -> tuple[str, ...]:
    state, owner = transaction.state, wanted.asker.owner
    planned = arguments_of(
        stack, app, targets, state, wanted.release, wanted.attributes, wanted.kind, migrates=wanted.migrates
    )
    batch: int | None = None
    for name, arguments in planned.items():
        command = transaction.ask(
            name,
            Event.DEPLOY.value,
            arguments,
            batch=batch,
            initiator=Initiator.USER,
            reason=wanted.reason,
            automatic=False,
            now=now,
        )
        batch = command.batch
    rollout = transaction.open_rollout(
        replace(
            in_place_of_what_is_live(wanted.kind, wanted.release, state, now),
            actor=wanted.asker.actor,
            reason=wanted.reason,
            host=owner.host,
            process=owner.process,
            process_started=owner.started,
            batch=batch,
        )
    )
    transaction.note(
        "request",
        f"to {wanted.kind} {app.name} {wanted.release.revision[:12]} on {', '.join(planned)}: {wanted.reason}",
        actor=wanted.asker.actor,
        now=now,
        data={"event": Event.DEPLOY.value, "rollout": rollout.id, "instances": list(planned), "app": app.name},
    )
    return tuple(planned)


def in_place_of_what_is_live(kind: str, wanted: Deployment, state: StackState, now: datetime) -> Rollout:
    """A rollout of the wanted release that begins now, in the name of nobody yet."""
    live = state.deployments.get(wanted.app)
    return Rollout(
        id=0,
        app=wanted.app,
        kind=kind,
        release=wanted.release,
        revision=wanted.revision,
        before_release=live.release if live else "",
        before_revision=live.revision if live else "",
        status=RolloutStatus.RUNNING,
        actor="",
        reason="",
        host="",
        process=0,
        process_started=0.0,
        started=now,
    )
