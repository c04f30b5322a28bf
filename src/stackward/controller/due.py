"""What is due for a stack right now. A run is started only where one would do something: an idle one costs a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stackward import providers
from stackward.definition.model import Check, ProviderChoice, Stack
from stackward.engine import healing, scaling
from stackward.engine.process import dead_runs
from stackward.healing.sight import Glance
from stackward.observe.look import look
from stackward.planner import Observations, decide
from stackward.presentation import healing_lines, plan_lines, scaling_lines
from stackward.providers.base import Provider
from stackward.state.records import StackState
from stackward.state.store import Store


@dataclass(frozen=True, slots=True)
class Due:
    """Whether a playbook has something to do, and what, in words."""

    due: bool
    lines: tuple[str, ...] = ()


Looking = Callable[[Store, Stack], Due]


def converge(store: Store, stack: Stack) -> Due:
    """Whether anything must move that no other run moves already."""
    state = store.snapshot(stack.name)
    plan = decide(stack, state, Observations(dead_runs(state.claims.values())), _now())
    return Due(not plan.empty, () if plan.empty else plan_lines(stack, plan))


def scale(store: Store, stack: Stack) -> Due:
    """Whether scaling wants something, or asked for something that nobody moves."""
    now = _now()
    seen = scaling.preview(store, stack, now)
    due = bool(seen.decision.asks or scaling.movable(seen.decision, seen.state, now))
    return Due(due, scaling_lines(stack, seen.decision))


def heal(store: Store, stack: Stack) -> Due:
    """Look at every instance, remember what was seen, and say whether anything must be done about it."""

    def provider_of(choice: ProviderChoice) -> Provider:
        return providers.load(choice, stack=stack)

    def seen(state: StackState, names: Sequence[str], checks: Mapping[str, Check]) -> tuple[Glance, ...]:
        return look(stack, state, provider_of, names, checks)

    sightings = healing.health_check(store, stack, seen, _now)
    now = _now()
    found = healing.preview(store, stack, sightings, now)
    decision = found.decision
    healing.note_withheld(store, stack, decision, actor="controller", now=now)
    due = bool(decision.marks or decision.heals or healing.movable(decision, found.state, now))
    return Due(due, healing_lines(stack, decision))


LOOKING: Mapping[str, Looking] = {"heal": heal, "scale": scale, "converge": converge}


def _now() -> datetime:
    return datetime.now(UTC)
