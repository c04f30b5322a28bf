"""Writes down what somebody wants. Nothing here moves an instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stackward.definition.model import App, InstanceType, Stack
from stackward.engine import rollouts
from stackward.errors import StackwardError
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.rollout import setups
from stackward.state.records import InstanceRecord, Request
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction


def targets(
    stack: Stack, *, instances: Sequence[str] = (), layers: Sequence[str] = (), app: str | None = None
) -> tuple[str, ...]:
    """The instances that a person means, in the order of the file: named ones, those of layers, an app's, or all.

    Raises StackwardError for a name that the stack does not have.
    """
    _known("instance", instances, stack.instances, stack)
    _known("layer", layers, stack.layers, stack)
    if app is not None:
        _known("app", [app], stack.apps, stack)
    chosen = [
        name
        for name, instance in stack.instances.items()
        if (not instances and not layers) or name in instances or set(instance.layers) & set(layers)
    ]
    if app is not None:
        wanted = set(stack.apps[app].layers)
        chosen = [name for name in chosen if set(stack.instances[name].layers) & wanted]
    return tuple(chosen)


def left_to_scaling(stack: Stack, names: Sequence[str]) -> tuple[str, ...]:
    """Those of some instances that start by schedule or load, and not because everything is started."""
    return tuple(name for name in names if stack.instances[name].type is not InstanceType.ALWAYS)


def without_layers(stack: Stack, names: Sequence[str], *, named: bool) -> tuple[str, ...]:
    """Those of some instances that are in no layer. Raises StackwardError where one was `named` to be started."""
    found = tuple(name for name in names if not stack.instances[name].layers)
    if found and named:
        raise StackwardError(
            f"{', '.join(found)}: in no layer, so there is nothing to set it up for. "
            f"Give it layers, such as layers: [{next(iter(stack.layers), 'web')}], in {stack.path}."
        )
    return found


def owned(stack: Stack, names: Sequence[str], *, named: bool) -> tuple[str, ...]:
    """Those of some instances whose machine somebody owns. Raises StackwardError for any other that was `named`."""
    found = tuple(name for name in names if stack.provider_of(name).owned)
    others = [name for name in names if name not in found]
    if others and (named or not found):
        made = stack.provider_of(others[0]).type
        raise StackwardError(
            f"{', '.join(others)}: no machine that you own. The provider {made} makes it at a start, and terminate "
            f"removes it. A machine that you own has its `address` in {stack.path}."
        )
    return found


def _known(what: str, names: Sequence[str], known: Mapping[str, object], stack: Stack) -> None:
    for name in names:
        if name not in known:
            there = ", ".join(known) or f"no {what} at all"
            raise StackwardError(f"Stack {stack.name} has no {what} {name!r}; it has {there} ({stack.path}).")


def request_state(
    store: Store,
    stack: Stack,
    names: Sequence[str],
    desired: Desired,
    *,
    initiator: Initiator,
    reason: str,
    actor: str,
    now: datetime,
    force: bool = False,
) -> tuple[str, ...]:
    """Ask for instances to be online, stopped or terminated. Returns those for which this is something new.

    With `force` a stop does not wait for what runs on the machine.
    """
    asked = []
    with store.transaction(stack.name) as transaction:
        known = transaction.state.instances
        for name in names:
            record = known.get(name)
            if record is not None and _already(record, desired, force=force):
                continue
            if record is None:
                transaction.put_instance(name, stack.instances[name].layers, now)
            ask(transaction, name, Request(desired, initiator, reason, now, force=force), actor=actor)
            asked.append(name)
    return tuple(asked)


def ask(
    transaction: StackTransaction, name: str, request: Request, *, actor: str, data: Mapping[str, Any] = {}
) -> None:
    """Write a request for a known instance, in place of one before, and note it; `data` goes with the note."""
    transaction.request(name, request)
    transaction.note(
        "request",
        f"to be {request.desired.value}{' by force' if request.force else ''}: {request.reason}",
        actor=actor,
        now=request.at,
        instance=name,
        data={"desired": request.desired.value, "initiated_by": request.initiator.value, **data},
    )


def _already(record: InstanceRecord, desired: Desired, *, force: bool) -> bool:
    if record.request is not None:
        return record.request.desired is desired and record.request.force >= force
    if desired is Desired.ONLINE:
        return record.state is State.ONLINE
    if desired is Desired.STOPPED:
        return record.state in (State.STOPPED, State.REGISTERED)
    if desired is Desired.REGISTERED:
        return record.state is State.REGISTERED
    return record.state is State.TERMINATED or (record.state is State.STOPPED and record.machine is None)


def may_reboot(record: InstanceRecord | None) -> bool:
    """Whether an instance has a running machine that can be restarted."""
    return record is not None and record.state in (State.ONLINE, State.CONNECTION_LOST)


def request_reboot(
    store: Store, stack: Stack, names: Sequence[str], *, reason: str, actor: str, now: datetime
) -> tuple[str, ...]:
    """Ask for a reboot of those instances that have a running machine. Returns their names."""
    asked = []
    with store.transaction(stack.name) as transaction:
        known = transaction.state.instances
        for name in names:
            if not may_reboot(known.get(name)):
                continue
            transaction.want_reboot(name, wanted=True)
            transaction.note("request", f"to reboot: {reason}", actor=actor, now=now, instance=name)
            asked.append(name)
    return tuple(asked)


def request_event(
    store: Store,
    stack: Stack,
    names: Sequence[str],
    event: str,
    arguments: Mapping[str, Any],
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """Ask for an event on those instances that are online (Setup: also where Setup failed). Returns their names.

    A Setup of several that are online goes in batches. Raises StackwardError for an undeploy of an app that is being
    deployed, and Mistake for a size of batches that is none.
    """
    runnable = {State.ONLINE, State.SETUP_FAILED} if event == "setup" else {State.ONLINE}
    batch: int | None = None
    with store.transaction(stack.name) as transaction:
        if event == "undeploy":
            rollouts.release_lock(transaction, arguments["app"], f"{actor} has undeployed the app", now)
        known = transaction.state.instances
        asked = [name for name in names if name in known and known[name].state in runnable]
        its: Mapping[str, Mapping[str, Any]] = dict.fromkeys(asked, arguments)
        if event == "setup":
            its = setups.arguments_of(stack, transaction.state, asked, arguments)
        for name in asked:
            command = transaction.ask(
                name, event, its[name], batch=batch, initiator=Initiator.USER, reason=reason, automatic=False, now=now
            )
            batch = command.batch
        if asked:
            transaction.note(
                "request",
                f"to run {event} on {', '.join(asked)}: {reason}",
                actor=actor,
                now=now,
                data={"event": event, "instances": asked, "arguments": dict(arguments)},
            )
    return tuple(asked)


def app_of(stack: Stack, name: str | None) -> App:
    """The app that a deploy is about; the only app where none is named. Raises StackwardError."""
    if name is None:
        if len(stack.apps) == 1:
            return next(iter(stack.apps.values()))
        if not stack.apps:
            raise StackwardError(f"Stack {stack.name} has no app; add one to {stack.path}.")
        raise StackwardError(f"Stack {stack.name} has several apps; name one: -e app={'|'.join(stack.apps) or '…'}.")
    _known("app", [name], stack.apps, stack)
    return stack.apps[name]
