"""Writes down what was seen of the instances, and what healing wants because of it. Nothing here moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stackward.definition.model import Check, Stack
from stackward.engine.agents import RESTART
from stackward.engine.process import dead_runs
from stackward.engine.requests import ask
from stackward.healing import ladder, recording
from stackward.healing.decide import Decision, Heal, watched
from stackward.healing.hearing import heard, listening_since
from stackward.healing.recording import Inputs
from stackward.healing.settings import healing_of
from stackward.healing.sight import Glance, continued, of_this_life, same_life
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.records import JournalEntry, Listener, Request, Sighting, StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

Look = Callable[[StackState, Sequence[str], Mapping[str, Check]], Iterable[Glance]]
"""Looks at instances by every witness; `stackward.observe.look` for real ones."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What healing sees and decides at one moment."""

    inputs: Inputs
    decision: Decision

    @property
    def state(self) -> StackState:
        """The stack as it is."""
        return self.inputs.state


def health_check(store: Store, stack: Stack, look: Look, now: Callable[[], datetime]) -> tuple[Sighting, ...]:
    """Look at every instance that ought to answer, and remember what was seen."""
    state = store.snapshot(stack.name)
    names = watched(stack, state)
    if not names:
        return ()
    glances = tuple(look(state, names, _checks(stack, names)))
    if stack.controller is not None:
        said = store.agents(stack.name), store.listeners(stack.name)
        glances += heard(names, state.instances, *said, stack.controller.every, now())
    with store.transaction(stack.name) as transaction:
        # A look takes seconds, in which somebody else may have healed what was looked at.
        glances = tuple(item for item in glances if same_life(item.instance, state, transaction.state))
        ended = now()
        before = of_this_life(transaction.sightings(), transaction.state, ended)
        found = continued(before, glances, ended)
        transaction.see(found)
    return found


def _checks(stack: Stack, names: Sequence[str]) -> dict[str, Check]:
    found = {name: healing_of(stack, stack.instances[name]).check for name in names}
    return {name: check for name, check in found.items() if check is not None}


def preview(store: Store, stack: Stack, sightings: Sequence[Sighting], now: datetime) -> Seen:
    """What healing would do about what was seen. Writes nothing."""
    state = store.snapshot(stack.name)
    histories = store.histories(stack.name, watched(stack, state), ladder.KINDS, _entries(stack))
    return _decided(stack, state, sightings, histories, store.listeners(stack.name), now)


def _entries(stack: Stack) -> int:
    return ladder.looked_at(max((layer.healing.tries for layer in stack.layers.values()), default=0))


def _decided(
    stack: Stack,
    state: StackState,
    sightings: Sequence[Sighting],
    histories: Mapping[str, Sequence[JournalEntry]],
    listeners: Iterable[Listener],
    now: datetime,
) -> Seen:
    tried = {name: ladder.attempts(entries) for name, entries in histories.items()}
    listening = listening_since(listeners, now)
    inputs = Inputs(state, of_this_life(sightings, state, now), tried, dead_runs(state.claims.values()), now, listening)
    decision = inputs.decided(stack)
    fresh = tuple(name for name in decision.recovered if ladder.unfinished(histories[name]))
    return Seen(inputs, replace(decision, recovered=fresh))


def request_healing(
    store: Store, stack: Stack, sightings: Sequence[Sighting], *, actor: str, now: datetime
) -> Decision:
    """Mark what is lost and ask for its remedies, in one transaction. Where there is neither, nothing is written."""
    first = preview(store, stack, sightings, now).decision
    if not (first.marks or first.heals or first.recovered):
        return first
    listeners = store.listeners(stack.name)
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        histories = transaction.histories(watched(stack, state), ladder.KINDS, _entries(stack))
        seen = _decided(stack, state, sightings, histories, listeners, now)
        decision = seen.decision
        _note_look(transaction, seen, actor)
        for mark in decision.marks:
            record = state.instances[mark.instance]
            transaction.advance(
                mark.instance, record.epoch, State.CONNECTION_LOST, now, failure=mark.reason, actor=actor
            )
        for heal in decision.heals:
            transaction.note("heal", heal.reason, actor=actor, now=now, instance=heal.instance, data=dict(heal.data))
            if heal.remedy is Remedy.CONFIGURE:
                _ask_to_configure(transaction, heal, now)
                continue
            request = Request(Desired.ONLINE, Initiator.AUTO_HEALING, heal.reason, now, heal.remedy)
            ask(transaction, heal.instance, request, actor=actor, data={"remedy": heal.remedy.value})
        for name in decision.recovered:
            text = f"well again: {decision.verdicts[name].reason}"
            transaction.note(ladder.HEALED, text, actor=actor, now=now, instance=name)
    return decision


def _ask_to_configure(transaction: StackTransaction, heal: Heal, now: datetime) -> None:
    transaction.ask(
        heal.instance,
        Event.CONFIGURE.value,
        {RESTART: True},
        batch=None,
        initiator=Initiator.AUTO_HEALING,
        reason=heal.reason,
        automatic=False,
        now=now,
    )


def _note_look(transaction: StackTransaction, seen: Seen, actor: str) -> None:
    """Keep what was decided from, so that it can be looked at and decided again."""
    transaction.note(
        recording.KIND,
        recording.text(seen.decision, tuple(seen.decision.verdicts)),
        actor=actor,
        now=seen.inputs.now,
        data={"inputs": recording.to_data(seen.inputs), "decided": recording.outcome(seen.decision)},
    )


def note_withheld(
    store: Store, stack: Stack, sightings: Sequence[Sighting], decision: Decision, *, actor: str, now: datetime
) -> None:
    """Write what is withheld to the journal, once for as long as the reason stays the same."""
    if not decision.withheld:
        return
    histories = store.histories(
        stack.name, [item.instance for item in decision.withheld], ("healing-withheld", "heal"), 1
    )
    fresh = [item for item in decision.withheld if _news(histories.get(item.instance, ()), item.gist)]
    if not fresh:
        return
    seen = preview(store, stack, sightings, now)
    with store.transaction(stack.name) as transaction:
        _note_look(transaction, seen, actor)
        for item in fresh:
            transaction.note(
                "healing-withheld",
                item.reason,
                actor=actor,
                now=now,
                instance=item.instance,
                data={"gist": item.gist},
            )


def _news(history: Sequence[JournalEntry], gist: str) -> bool:
    return not history or history[-1].kind != "healing-withheld" or history[-1].data.get("gist") != gist


def movable(decision: Decision, state: StackState, now: datetime) -> tuple[str, ...]:
    """The instances that healing has asked for, now or before, and that no living run holds."""
    dead = dead_runs(state.claims.values())
    held = {claim.instance for claim in state.claims.values() if claim.run not in dead and claim.expires > now}
    names = dict.fromkeys((*(heal.instance for heal in decision.heals), *decision.pending))
    return tuple(name for name in names if name not in held)
