"""What scaling decides, in words."""

from __future__ import annotations

from collections.abc import Mapping

from stackward.definition.model import Stack
from stackward.lifecycle.states import Desired
from stackward.planner.warm_start import told
from stackward.scaling.by_load import ByLoad
from stackward.scaling.combine import Decision, Wish
from stackward.scaling.load.decision import Decision as LoadDecision

_VERB = {
    Desired.ONLINE: "start",
    Desired.STOPPED: "stop",
    Desired.TERMINATED: "terminate",
    Desired.REGISTERED: "register",
}


def scaling_lines(
    stack: Stack, decision: Decision, spared: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[str, ...]:
    """One line for each thing that scaling asks for or withholds; none where everything is as it is wanted.

    `spared` are, by instance, the recipes of Setup that its start would leave out.
    """
    asks = [
        f"{stack.name}: {wish.instance}: scale: {_VERB[wish.desired]} ({wish.reason})"
        + (f"; {said}" if (said := told(_of(wish, spared or {}))) else "")
        for wish in decision.asks
    ]
    withheld = [
        f"{stack.name}: {item.instance}: scale: {_VERB[item.desired]} withheld"
        f"{f' until {item.until:%Y-%m-%d %H:%M:%S} UTC' if item.until else ''}: {item.reason}"
        for item in decision.withheld
    ]
    return (*asks, *withheld)


def _of(wish: Wish, spared: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return spared.get(wish.instance, ()) if wish.desired is Desired.ONLINE else ()


def load_lines(stack: Stack, load: ByLoad) -> tuple[str, ...]:
    """One line for each layer of which load wants something, or is kept from it; none where all is calm."""
    lines = []
    for name, decision in load.layers.items():
        its = decision.evaluation
        if its.calm:
            continue
        moves = _moves(decision)
        if moves and not decision.enforced:
            moves = f"recommends to {moves}"
        brakes = [f"{brake.why}{f' (until {brake.until:%H:%M} UTC)' if brake.until else ''}" for brake in its.brakes]
        held = f"held back: {'; '.join(brakes)}" if brakes else ""
        said = ", ".join(part for part in (moves, held) if part)
        lines.append(f"{stack.name}: {name}: load: {its.reason}{f': {said}' if said else ''}")
    return tuple(lines)


def _moves(decision: LoadDecision) -> str:
    starts = [choice.instance for choice in decision.starts]
    stops = [choice.instance for choice in decision.stops]
    return " and ".join(f"{verb} {', '.join(names)}" for verb, names in (("start", starts), ("stop", stops)) if names)
