"""What is due for a stack right now: looks, and asks for what they call for. Nothing here moves.

A run of Ansible is started only where it would do something: an idle one costs a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from stackward import providers
from stackward.definition.model import Check, ProviderChoice, SourceChoice, Stack
from stackward.engine import collecting, healing, resourcing, retention, rollouts, scaling
from stackward.healing.sight import Glance
from stackward.observe.look import look
from stackward.observe.metrics import registry
from stackward.observe.metrics.base import Source
from stackward.planner import decide
from stackward.presentation.healing import healing_lines
from stackward.presentation.plan import plan_lines
from stackward.presentation.resources import resource_lines
from stackward.presentation.scaling import scaling_lines
from stackward.providers.base import Provider
from stackward.resources.decide import asked
from stackward.state.records import StackState
from stackward.state.store import Store

ACTOR = "controller"
"""Who asks, for the journal."""


RESOURCES = "resources of the provider"
"""The name under which it is kept when resources were last looked at. No source of measurements can have it."""

RESOURCES_EVERY = timedelta(minutes=5)
"""How long what somebody else does to an address or a load balancer may go unseen while nothing else is due."""


@dataclass(frozen=True, slots=True)
class Due:
    """Whether there is something to carry out, on which instances (None: on any), and what was seen, in words.

    `names` are the instances that have something due.
    """

    due: bool
    lines: tuple[str, ...] = ()
    instances: tuple[str, ...] | None = None
    names: frozenset[str] = frozenset()


Looking = Callable[[Store, Stack], Due]


def converge(store: Store, stack: Stack) -> Due:
    """Whether anything must move that no other run moves already, or somebody else has changed a resource."""
    state = store.snapshot(stack.name)
    now = _now()
    plan = decide(stack, state, rollouts.observations(state, now), now)
    if not plan.empty:
        # What others hold is theirs to tell, and until when changes all the time.
        names = frozenset(move.instance for move in (*plan.moves, *plan.configure))
        return Due(True, plan_lines(stack, replace(plan, held=()), state), names=names)
    return _resources(store, stack, state, now)


def _resources(store: Store, stack: Stack, state: StackState, now: datetime) -> Due:
    """Look at resources where they are: one caller at a time, and not at each tick, as that costs calls."""
    known = store.resources(stack.name)
    if not known and not asked(stack):
        return Due(False)
    last = store.collections(stack.name).get(RESOURCES)
    if last is not None and timedelta(0) <= now - last.at < RESOURCES_EVERY:
        return Due(False)
    with store.transaction(stack.name) as transaction:
        if not transaction.begin_collection(RESOURCES, RESOURCES_EVERY, now):
            return Due(False)
    changes = resourcing.look(stack, known, lambda: state, lambda: providers.load(stack.provider, stack=stack))
    # What is kept, and what waits for a stop, is no news at each look.
    return Due(not changes.empty, resource_lines(stack, replace(changes, kept=(), later=())))


def scale(store: Store, stack: Stack) -> Due:
    """Measure what is due, and ask for what schedules and load want."""

    def source(choice: SourceChoice) -> Source:
        return registry.load(choice, stack=stack)

    failures = collecting.collect(store, stack, source, _now)
    now = _now()
    decision = scaling.request_scaling(store, stack, actor=ACTOR, now=now)
    movable = scaling.movable(decision, store.snapshot(stack.name), now)
    troubles = tuple(f"{stack.name}: metrics {name}: {failure}" for name, failure in failures.items())
    return Due(bool(movable), (*troubles, *scaling_lines(stack, decision)), movable, frozenset(movable))


def heal(store: Store, stack: Stack) -> Due:
    """Look at every instance, remember what was seen, and ask for remedies of those that have failed."""

    def provider_of(choice: ProviderChoice) -> Provider:
        return providers.load(choice, stack=stack)

    def seen(state: StackState, names: Sequence[str], checks: Mapping[str, Check]) -> tuple[Glance, ...]:
        return look(stack, state, provider_of, names, checks)

    sightings = healing.health_check(store, stack, seen, _now)
    now = _now()
    decision = healing.request_healing(store, stack, sightings, actor=ACTOR, now=now)
    healing.note_withheld(store, stack, sightings, decision, actor=ACTOR, now=now)
    movable = healing.movable(decision, store.snapshot(stack.name), now)
    names = frozenset((*movable, *(mark.instance for mark in decision.marks)))
    return Due(bool(movable or decision.marks), healing_lines(stack, decision), movable, names)


def prune(store: Store, stack: Stack) -> Due:
    """Forget what is too old, at most once a day. There is nothing that a run would do."""
    found = retention.prune_daily(store, stack, actor=ACTOR, now=_now())
    return Due(False, (f"{stack.name}: forgotten: {retention.told(found)}",) if found.count else ())


LOOKING: Mapping[str, Looking] = {"heal": heal, "scale": scale, "converge": converge, "prune": prune}


def _now() -> datetime:
    return datetime.now(UTC)
