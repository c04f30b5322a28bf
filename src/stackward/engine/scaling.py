"""Writes down what scaling wants: every source of decisions combined, in one transaction. Nothing here moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stackward.definition.model import InstanceType, Stack
from stackward.engine.process import dead_runs
from stackward.engine.requests import ask
from stackward.lifecycle.states import Initiator
from stackward.scaling import past
from stackward.scaling.combine import Decision, combine, scheduled
from stackward.scaling.past import Past
from stackward.scaling.time_based import Outlook, outlooks
from stackward.state.records import JournalEntry, Request, StackState
from stackward.state.store import Store

_WANTED = (past.KINDS, past.ENTRIES)

_MEASURED_OF_A_LAYER = 20
"""Instances of a layer whose starts are measured."""


@dataclass(frozen=True, slots=True)
class Look:
    """What scaling sees and decides at one moment."""

    state: StackState
    outlooks: Mapping[str, Outlook]
    decision: Decision

    def narrowed(self, names: Iterable[str] | None) -> Decision:
        """The decision about some instances only; None: about all."""
        if names is None:
            return self.decision
        chosen = frozenset(names)
        return Decision(
            tuple(item for item in self.decision.asks if item.instance in chosen),
            tuple(item for item in self.decision.withheld if item.instance in chosen),
            tuple(name for name in self.decision.pending if name in chosen),
        )


def look(stack: Stack, state: StackState, histories: Mapping[str, Sequence[JournalEntry]], now: datetime) -> Look:
    """Decide from what is known; `histories` are those of the `watched` instances."""
    pasts: dict[str, Past] = past.pasts(histories)
    found = outlooks(stack, pasts, now)
    return Look(state, found, combine(scheduled(found.values()), state, pasts, now))


def watched(stack: Stack) -> tuple[str, ...]:
    """The instances whose past scaling goes by: those that it moves, and some that tell how long starts take."""
    names = dict.fromkeys(name for name, item in stack.instances.items() if item.type is InstanceType.TIME)
    layers = {layer for name in names for layer in stack.instances[name].layers}
    for layer in stack.layers:
        if layer in layers and stack.layers[layer].start_ahead is None:
            measured = [name for name, item in stack.instances.items() if layer in item.layers]
            names |= dict.fromkeys(measured[:_MEASURED_OF_A_LAYER])
    return tuple(names)


def preview(store: Store, stack: Stack, now: datetime) -> Look:
    """What scaling would ask for now. Writes nothing."""
    return look(stack, store.snapshot(stack.name), store.histories(stack.name, watched(stack), *_WANTED), now)


def request_scaling(
    store: Store, stack: Stack, *, only: Iterable[str] | None = None, actor: str, now: datetime
) -> Decision:
    """Ask for what scaling wants of the instances, None: of all of them. Returns what it decided.

    Where there is nothing to ask for, nothing is written and nobody is waited for.
    """
    only = None if only is None else frozenset(only)
    first = preview(store, stack, now).narrowed(only)
    if not first.asks:
        return first
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        decision = look(stack, state, transaction.histories(watched(stack), *_WANTED), now).narrowed(only)
        for wish in decision.asks:
            if wish.instance not in state.instances:
                transaction.put_instance(wish.instance, stack.instances[wish.instance].layers, now)
            request = Request(wish.desired, Initiator.AUTO_SCALING, wish.reason, now)
            ask(transaction, wish.instance, request, actor=actor, data=wish.data)
    return decision


def movable(decision: Decision, state: StackState, now: datetime) -> tuple[str, ...]:
    """The instances that scaling has asked for, now or before, and that no living run holds: it moves them already."""
    dead = dead_runs(state.claims.values())
    held = {claim.instance for claim in state.claims.values() if claim.run not in dead and claim.expires > now}
    names = dict.fromkeys((*(wish.instance for wish in decision.asks), *decision.pending))
    return tuple(name for name in names if name not in held)
