"""Writes down what scaling wants: every source of decisions combined, in one transaction. Nothing here moves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from stackward.definition.model import InstanceType, Stack
from stackward.engine.process import dead_runs
from stackward.engine.requests import ask
from stackward.lifecycle.states import Initiator
from stackward.metrics.sample import Sample
from stackward.scaling import past
from stackward.scaling.by_load import NOTHING_SCALES, ByLoad, by_load, samples_needed, scaled_layers
from stackward.scaling.combine import Decision, Wish, combine, scheduled
from stackward.scaling.load import evaluation, windows
from stackward.scaling.load.observing import Heard
from stackward.scaling.load.windows import Windows
from stackward.scaling.past import Past
from stackward.scaling.time_based import Outlook, outlooks
from stackward.state.records import Claim, Command, JournalEntry, KnownAlarm, LoadMemory, Request, StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

_WANTED = (past.KINDS, past.ENTRIES)

_MEASURED_OF_A_LAYER = 20
"""Instances of a layer whose starts are measured."""

_NUMBERS = re.compile(r"[0-9.]+")

_COMMANDS_EACH = 10
"""Newest commands that are looked at for each instance."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the state knows of load: each layer's memory, and what was measured and heard since."""

    memories: Mapping[str, Windows] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)


@dataclass(frozen=True, slots=True)
class Look:
    """What scaling sees and decides at one moment."""

    state: StackState
    outlooks: Mapping[str, Outlook]
    decision: Decision
    load: ByLoad = NOTHING_SCALES
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By layer that scales by load: its load-based instances."""

    def narrowed(self, names: Iterable[str] | None) -> Decision:
        """The decision about some instances only; None: about all.

        Load is decided of whole layers: of one that is not meant with all its load-based instances nothing is.
        """
        if names is None:
            return self.decision
        chosen = frozenset(names)
        return Decision(
            tuple(item for item in self.decision.asks if item.instance in chosen and self._whole(item, chosen)),
            tuple(item for item in self.decision.withheld if item.instance in chosen),
            tuple(name for name in self.decision.pending if name in chosen),
        )

    def _whole(self, wish: Wish, chosen: frozenset[str]) -> bool:
        return all(self.meant(layer, chosen) for layer in wish.data.get("load", ()))

    def meant(self, layer: str, chosen: frozenset[str] | None) -> bool:
        """Whether all load-based instances of a layer are among those that are meant, None: all are."""
        return chosen is None or self.members[layer] <= chosen


class Reading(Protocol):
    """What a look reads of one stack, within a transaction."""

    @property
    def state(self) -> StackState:
        """The stack."""
        ...

    def histories(
        self, instances: Iterable[str], kinds: tuple[str, ...], limit: int
    ) -> Mapping[str, Sequence[JournalEntry]]:
        """The newest entries of each instance."""
        ...

    def load_memories(self) -> Mapping[str, LoadMemory]:
        """What is remembered of the load of each layer."""
        ...

    def samples(self, since: datetime, until: datetime, metrics: Iterable[str]) -> Sequence[Sample]:
        """What was measured."""
        ...

    def alarms(self) -> Mapping[str, KnownAlarm]:
        """Every alarm."""
        ...

    def newest_commands(self, limit: int) -> Sequence[Command]:
        """The newest commands, finished or not."""
        ...


def look(
    stack: Stack,
    state: StackState,
    histories: Mapping[str, Sequence[JournalEntry]],
    remembered: Remembered,
    now: datetime,
) -> Look:
    """Decide from what is known; `histories` are those of the `watched` instances."""
    pasts: dict[str, Past] = past.pasts(histories)
    found = outlooks(stack, pasts, now)
    load = by_load(stack, state, pasts, remembered.heard, remembered.memories, scheduled(found.values()), now)
    decision = combine(load.wishes, state, pasts, now, watched=load_based(stack))
    decision = replace(decision, withheld=(*decision.withheld, *load.withheld))
    members = {
        name: frozenset(item for item in load_based(stack) if name in stack.instances[item].layers)
        for name in load.layers
    }
    return Look(state, found, decision, load, members)


def seen(reading: Reading, stack: Stack, now: datetime) -> Look:
    """Read what a look needs, and decide."""
    state = reading.state
    histories = reading.histories(watched(stack), *_WANTED)
    return look(stack, state, histories, remembered(reading, stack, now), now)


def remembered(reading: Reading, stack: Stack, now: datetime) -> Remembered:
    """What the state knows of load; nothing is read where no layer scales by it."""
    if not scaled_layers(stack):
        return Remembered()
    memories = {
        name: windows.from_data(memory.windows) for name, memory in reading.load_memories().items() if memory.windows
    }
    since, metrics = samples_needed(stack, memories, now)
    heard = Heard(
        reading.samples(since, now, metrics),
        reading.alarms(),
        reading.newest_commands(100 + _COMMANDS_EACH * len(stack.instances)),
    )
    return Remembered(memories, heard)


def load_based(stack: Stack) -> tuple[str, ...]:
    """The instances that load starts and stops."""
    return tuple(name for name, item in stack.instances.items() if item.type is InstanceType.LOAD)


def watched(stack: Stack) -> tuple[str, ...]:
    """The instances whose past scaling goes by: those that it moves, and some that tell how long starts take."""
    timed = dict.fromkeys(name for name, item in stack.instances.items() if item.type is InstanceType.TIME)
    names = timed | dict.fromkeys(load_based(stack))
    layers = {layer for name in timed for layer in stack.instances[name].layers}
    for layer in stack.layers:
        if layer in layers and stack.layers[layer].start_ahead is None:
            measured = [name for name, item in stack.instances.items() if layer in item.layers]
            names |= dict.fromkeys(measured[:_MEASURED_OF_A_LAYER])
    return tuple(names)


def preview(store: Store, stack: Stack, now: datetime) -> Look:
    """What scaling would ask for now. Writes nothing."""
    with store.reading(stack.name) as reading:
        return seen(reading, stack, now)


def request_scaling(
    store: Store, stack: Stack, *, only: Iterable[str] | None = None, actor: str, now: datetime
) -> Decision:
    """Ask for what scaling wants of the instances, None: of all of them. Returns what it decided.

    Where there is nothing to ask for and nothing new was measured, nothing is written and nobody is waited for. What
    load was decided by is remembered for the layers all of whose load-based instances are meant.
    """
    only = None if only is None else frozenset(only)
    first = preview(store, stack, now)
    if not first.narrowed(only).asks and not _news(first, store.load_memories(stack.name), only):
        return first.narrowed(only)
    with store.transaction(stack.name) as transaction:
        state = transaction.state
        found = seen(transaction, stack, now)
        decision = found.narrowed(only)
        for wish in decision.asks:
            if wish.instance not in state.instances:
                transaction.put_instance(wish.instance, stack.instances[wish.instance].layers, now)
            request = Request(wish.desired, Initiator.AUTO_SCALING, wish.reason, now)
            ask(transaction, wish.instance, request, actor=actor, data=wish.data)
        _remember(transaction, found.load, _news(found, transaction.load_memories(), only), now)
    return decision


def _news(found: Look, before: Mapping[str, LoadMemory], only: frozenset[str] | None) -> tuple[str, ...]:
    """The layers about which there is something else to remember than before."""
    return tuple(
        name
        for name, decision in found.load.layers.items()
        if found.meant(name, only) and (name not in before or windows.as_data(decision.windows) != before[name].windows)
    )


def _remember(transaction: StackTransaction, load: ByLoad, layers: Iterable[str], now: datetime) -> None:
    before = transaction.load_memories()
    for name in layers:
        decision = load.layers[name]
        data: dict[str, Any] = {
            **evaluation.as_data(decision.evaluation),
            "starts": [choice.instance for choice in decision.starts],
            "stops": [choice.instance for choice in decision.stops],
            "enforced": decision.enforced,
        }
        transaction.remember_load(name, windows.as_data(decision.windows), data)
        if _telling(data, before[name].evaluation if name in before else {}):
            transaction.note_evaluation(name, data, now)


def _telling(data: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether an evaluation did something, or was held back by something else than the one before."""
    if data["starts"] or data["stops"]:
        return True
    held = not (data["reason"] == evaluation.CALM and not data["brakes"])
    return held and _gist(data) != _gist(before)


def _gist(data: Mapping[str, Any]) -> tuple[str, ...]:
    """What an evaluation says, without its numbers."""
    said = (data.get("reason", ""), *(brake["why"] for brake in data.get("brakes", ())))
    return tuple(_NUMBERS.sub("", text) for text in said)


def movable(decision: Decision, state: StackState, now: datetime) -> tuple[str, ...]:
    """The instances that scaling has asked for, now or before, and that no living run holds: it moves them already."""
    held = {claim.instance for claim in moved_by_others(decision, state, now)}
    return tuple(name for name in _asked_for(decision) if name not in held)


def moved_by_others(decision: Decision, state: StackState, now: datetime) -> tuple[Claim, ...]:
    """The claims of living runs on instances that scaling has asked for, now or before."""
    dead = dead_runs(state.claims.values())
    claims = (state.claims[name] for name in _asked_for(decision) if name in state.claims)
    return tuple(claim for claim in claims if claim.run not in dead and claim.expires > now)


def _asked_for(decision: Decision) -> dict[str, None]:
    return dict.fromkeys((*(wish.instance for wish in decision.asks), *decision.pending))
