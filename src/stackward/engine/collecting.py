"""Has the sources of a stack asked when it is their time, and keeps what they say. Several callers share the work."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from stackward.definition.model import Connection, SourceChoice, Stack
from stackward.engine import agents
from stackward.errors import MetricsError
from stackward.lifecycle.states import State
from stackward.metrics.sample import Sample
from stackward.observe.metrics.base import Answer, Question, Source, Target
from stackward.provider_choice import choice
from stackward.state.records import Collected, StackState
from stackward.state.store import Store

Load = Callable[[SourceChoice], Source]
"""Makes the source for a choice; `stackward.observe.metrics.registry.load` for real ones."""

SLACK = timedelta(seconds=10)
"""How much earlier than its time a source is asked: timers are never exact."""

FRESH = timedelta(seconds=75)
"""An instance whose vitals came by themselves (from its agent) so lately is not asked for them."""

_VITALS = ("cpu", "memory", "load")

_AGENTS_EVERY = timedelta(minutes=1)


def collect(store: Store, stack: Stack, load: Load, now: Callable[[], datetime]) -> dict[str, str]:
    """Ask every source that is due. Returns what went wrong, by the source's name; a failing one stops no other.

    A source is asked by one caller only in its time. Where nothing is due, nothing is written and nobody is asked.
    """
    _keep_what_agents_said(store, stack, now())
    wrong = {}
    for source in due(store, stack, now()):
        with store.transaction(stack.name) as transaction:
            if not transaction.begin_collection(source.name, _wait(source), now()):
                continue
        answer, failure = _asked(load, source, question(store, stack, source.name, now()))
        with store.transaction(stack.name) as transaction:
            transaction.measure(answer.samples, now())
            transaction.note_alarms(answer.alarms, source.name, now())
            transaction.end_collection(source.name, failure)
        if failure:
            wrong[source.name] = failure
    return wrong


def _keep_what_agents_said(store: Store, stack: Stack, now: datetime) -> None:
    """Keep the vitals of the agents' last heartbeats, once a minute."""
    if stack.controller is None:
        return
    said = agents.samples(store.agents(stack.name).values(), now - FRESH)
    if not said:
        return
    with store.transaction(stack.name) as transaction:
        if transaction.begin_collection(agents.SOURCE, _AGENTS_EVERY - SLACK, now):
            transaction.measure(said, now)
            transaction.end_collection(agents.SOURCE, "")


def due(store: Store, stack: Stack, now: datetime) -> tuple[SourceChoice, ...]:
    """The sources whose time has come."""
    if not stack.metrics:
        return ()
    asked = store.collections(stack.name)
    return tuple(source for source in stack.metrics.values() if _due(source, asked.get(source.name), now))


def _due(source: SourceChoice, last: Collected | None, now: datetime) -> bool:
    return last is None or not timedelta(0) <= now - last.at < _wait(source)


def _wait(source: SourceChoice) -> timedelta:
    every = timedelta(seconds=source.every)
    return every - min(SLACK, every / 2)


def _asked(load: Load, source: SourceChoice, its: Question) -> tuple[Answer, str]:
    try:
        answer = load(source).ask(its)
    except MetricsError as error:
        return Answer(), str(error)
    except Exception as error:  # noqa: BLE001  whatever a source of somebody else's raises, it stops no other
        return Answer(), f"{type(error).__name__}: {error}"
    return answer, "; ".join(answer.failures)


def question(store: Store, stack: Stack, source: str, now: datetime) -> Question:
    """What a source is asked now: about every online instance."""
    state = store.snapshot(stack.name)
    fresh = store.samples(stack.name, now - FRESH, now, metrics=_VITALS)
    told = _told(sample for sample in fresh if sample.source != source)
    scaled = {name: layer.load_scaling for name, layer in stack.layers.items() if layer.load_scaling is not None}
    return Question(
        now,
        targets(stack, state),
        {name: policy.metrics for name, policy in scaled.items()},
        tuple(dict.fromkeys(alarm for policy in scaled.values() for alarm in policy.alarms)),
        told,
    )


def _told(samples: Iterable[Sample]) -> frozenset[str]:
    known: dict[str, set[str]] = {}
    for sample in samples:
        if not math.isnan(sample.value):
            known.setdefault(sample.subject, set()).add(sample.metric)
    return frozenset(subject for subject, metrics in known.items() if metrics.issuperset(_VITALS))


def targets(stack: Stack, state: StackState) -> tuple[Target, ...]:
    """The online instances of the file that have an address."""
    found = []
    for name, instance in stack.instances.items():
        record = state.instances.get(name)
        machine = record.machine if record is not None and record.state is State.ONLINE else None
        if machine is not None and machine.address is not None:
            its = choice(stack, name, machine)
            if its.connection is not Connection.SSH:
                continue
            place = (machine.address, machine.port, machine.id)
            found.append(Target(name, instance.layers, *place, its.user, its.options.get("key")))
    return tuple(found)
