"""Looks at the resources of a stack, and brings them to what the stack file wants; intent is committed first."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from stackward.definition.database import Database
from stackward.definition.model import Stack
from stackward.engine import databases
from stackward.engine.process import Owner
from stackward.errors import ProviderError
from stackward.known_resource import KnownResource, ResourceKind
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator
from stackward.provider_choice import choice
from stackward.providers.base import Capability, KeepsResources, Machine, MakesDatabases, Provider, SurveysResources
from stackward.resources import decide
from stackward.resources.change import Change, Changes, Verb
from stackward.resources.databases import remembered
from stackward.resources.sight import Seen
from stackward.state.records import StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

HOLD_SECONDS = 120.0
"""How long an instance is claimed at most while its address is changed."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: the name that the journal shows, and the run."""

    name: str
    run: int


def begin(store: Store, stack: Stack, text: str, owner: Owner, kind: str, now: datetime) -> int:
    """Begin a run for changes of resources alone. `text` is the stack file's."""
    with store.transaction(stack.name) as transaction:
        transaction.remember_definition(stack.digest, text, now)
        return transaction.begin_run(kind, owner.host, owner.process, owner.started, owner.user, now)


def reachable(stack: Stack, state: StackState) -> frozenset[str]:
    """The instances whose machines are the stack's own provider's; others are out of its resources' reach."""
    return frozenset(
        name
        for name, record in state.instances.items()
        if choice(stack, name, record.machine).type == stack.provider.type
    )


def look(
    stack: Stack,
    known: Sequence[KnownResource],
    state: Callable[[], StackState],
    load: Callable[[], Provider],
    *,
    allow_destroy: bool = False,
) -> Changes:
    """What has to change. A stack without resources costs no call. Raises ProviderError where nobody can look.

    `known` is what the store remembers; `state` and `load` give the stack's state and its provider where needed.
    """
    if not known and not decide.asked(stack):
        return Changes()
    seen_of_instances = state()
    within = reachable(stack, seen_of_instances)
    provider = load()
    kinds = _kinds(provider)
    query = decide.query(stack, known, kinds)
    seen = cast("SurveysResources", provider).survey(stack.name, query) if query else Seen()
    return decide.decide(stack, seen_of_instances, known, seen, within, kinds=kinds, allow_destroy=allow_destroy)


def _kinds(provider: Provider) -> frozenset[ResourceKind]:
    if Capability.RESOURCES in provider.capabilities:
        return cast("KeepsResources", provider).resource_kinds
    return frozenset()


def carry_out(
    store: Store,
    stack: Stack,
    provider: Provider,
    changes: Changes,
    actor: Actor,
    now: Callable[[], datetime],
    say: Callable[[Change], None],
) -> tuple[str, ...]:
    """Carry out every change, in order. Returns what went wrong: one that fails keeps no other from being tried.

    Repeatable at any point: what is made is remembered before the provider is asked, and found again by its name.
    """
    problems = list(changes.problems)
    for item in changes.changes:
        try:
            if _one(store, stack, provider, item, actor, now):
                say(item)
        except ProviderError as error:
            said = f"{item.shown}: {error}"
            problems.append(said)
            with store.transaction(stack.name) as transaction:
                transaction.note(
                    "resource failure", said, actor=actor.name, now=now(), instance=item.instance, run=actor.run
                )
    if changes.forgotten:
        with store.transaction(stack.name) as transaction:
            for known in changes.forgotten:
                transaction.forget_resource(known.kind, known.name)
    return tuple(problems)


def _one(
    store: Store, stack: Stack, provider: Provider, item: Change, actor: Actor, now: Callable[[], datetime]
) -> bool:
    if item.known is not None:
        with store.transaction(stack.name) as transaction:
            transaction.remember_resource(item.known)
    if item.kind is ResourceKind.ADDRESS and item.verb is not Verb.DELETE:
        if not _address(store, stack, provider, item, actor, now):
            return False
    elif item.kind is ResourceKind.DATABASE and item.verb in (Verb.CREATE, Verb.AWAIT):
        _database(store, stack, provider, item)
    elif not (item.kind is ResourceKind.VOLUME and item.verb is Verb.UPDATE and item.known is not None):
        # Whether a volume is kept is for the memory alone.
        cast("KeepsResources", provider).change(stack.name, item)
    with store.transaction(stack.name) as transaction:
        if item.forgets is not None:
            transaction.forget_resource(item.kind, item.forgets)
        said = f"{item.verb.value} {item.shown}: {item.reason}"
        transaction.note("resource", said, actor=actor.name, now=now(), instance=item.instance, run=actor.run)
        if item.kind is ResourceKind.VOLUME and item.verb is Verb.UPDATE and item.known is None:
            _grow_its_file_system(transaction, item, now())
        if item.tells:
            transaction.bump_generation(said, actor.name, now(), actor.run)
    return True


def _grow_its_file_system(transaction: StackTransaction, item: Change, now: datetime) -> None:
    transaction.ask(
        str(item.instance),
        Event.SETUP.value,
        {},
        batch=None,
        initiator=Initiator.USER,
        reason=f"{item.shown}: larger by now",
        automatic=False,
        now=now,
    )


def _database(store: Store, stack: Stack, provider: Provider, item: Change) -> None:
    """Make a database whose password is saved before, wait for it, and note where it is."""
    database: Database = item.data["database"]
    with store.transaction(stack.name) as transaction:
        password = databases.passwords(transaction, database.name)
    there = cast("MakesDatabases", provider).database(stack.name, database, password)
    with store.transaction(stack.name) as transaction:
        transaction.remember_resource(remembered(database, there))


def _address(
    store: Store, stack: Stack, provider: Provider, item: Change, actor: Actor, now: Callable[[], datetime]
) -> bool:
    """Give an online instance its address, or take it, under a claim; False where another run has the instance."""
    name, machine_id = str(item.instance), item.data["machine"]
    with store.transaction(stack.name) as transaction:
        if name in transaction.state.claims:
            return False
        until = now() + timedelta(seconds=HOLD_SECONDS)
        epoch = transaction.claim(name, actor.run, actor.name, now(), until).epoch
    found: Machine | None = None
    try:
        attach = item.verb is Verb.ATTACH
        found = (provider.attach_address if attach else provider.detach_address)(stack.name, machine_id)
    finally:
        with store.transaction(stack.name) as transaction:
            record = transaction.state.instances[name]
            if found is not None and record.machine is not None:
                seen = dataclasses.replace(
                    record.machine, address=found.address, port=found.port, elastic_address=found.elastic_address
                )
                transaction.set_machine(name, epoch, seen)
            transaction.release(name, epoch)
    return True
