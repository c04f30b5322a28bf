"""`stackward why LAYER`: what load says of a layer now, what it did before, and what held it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stackward.cli.output import Form, console, print_json, print_line
from stackward.errors import StackwardError

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.scaling.load.decision import Decision
    from stackward.state.records import Evaluated


@dataclass(frozen=True, slots=True)
class LayerExplanation:
    """A layer's evaluations that did something or were held back, oldest first, and the one of now.

    `looked` is when `stackward scale` last looked, None for never. `now` is what a look would come to at this moment,
    by what was measured up to now.
    """

    stack: str
    layer: str
    looked: datetime | None
    enforced: bool
    now: dict[str, Any]
    before: tuple[dict[str, Any], ...]


def explain(known: Known, layer: str, now: datetime, limit: int) -> tuple[LayerExplanation, Decision]:
    """Return why a layer has as many instances as it has. Raises StackwardError where it does not scale by load."""
    from stackward.scaling.load.evaluation import as_data

    decision = known.scaling(known.state(), now).load.layers.get(layer)
    if decision is None:
        raise StackwardError(
            f"The layer {layer} does not scale by load, so nothing decides how many instances it has; "
            "ask about one of its instances."
        )
    store, name = known.store, known.stack.name
    memory = store.load_memories(name).get(layer) if store is not None else None
    before: tuple[Evaluated, ...] = store.evaluations(name, layer, limit) if store is not None else ()
    looked = datetime.fromisoformat(memory.evaluation["at"]) if memory is not None else None
    current = {
        **as_data(decision.evaluation),
        "starts": [choice.instance for choice in decision.starts],
        "stops": [choice.instance for choice in decision.stops],
    }
    found = LayerExplanation(name, layer, looked, decision.enforced, current, tuple(dict(item.data) for item in before))
    return found, decision


def why_layer(known: Known, layer: str, now: datetime, limit: int, output: Form) -> None:
    """Print it."""
    found, decision = explain(known, layer, now, limit)
    if output is Form.JSON:
        print_json(found)
    else:
        _say(found, decision, now)


def _say(found: LayerExplanation, decision: Decision, now: datetime) -> None:
    from rich.text import Text

    from stackward.cli.moments import UNDER_CLOCK, ago, clock
    from stackward.scaling.load.evaluation import from_data, lines

    screen = console()
    for data in found.before:
        first, *rest = lines(from_data(data))
        did = _did(data["starts"], data["stops"], enforced=data["enforced"])
        line = Text(clock(datetime.fromisoformat(data["at"]), now), style="dim")
        line.append(f"  {did}: {first}" if did else f"  held back: {first}")
        print_line(screen, line, UNDER_CLOCK)
        for text in rest[:-1]:
            print_line(screen, Text(f"          {text}", style="dim"), UNDER_CLOCK)
    if found.looked is None:
        print_line(screen, "Nobody has looked at the load of this layer yet; `stackward scale` does, once a minute.")
    else:
        screen.print(f"last look {ago(found.looked, now)} ago", style="dim")
    would = _did(found.now["starts"], found.now["stops"], enforced=found.enforced)
    screen.print(Text.assemble("\n", (found.layer, "bold"), " now" + (f": would {would}" if would else "")))
    for text in lines(decision.evaluation):
        print_line(screen, f"  {text}", 4)


def _did(starts: list[str], stops: list[str], *, enforced: bool) -> str:
    moves = [f"{verb} {', '.join(names)}" for verb, names in (("start", starts), ("stop", stops)) if names]
    return f"{'' if enforced else 'recommend to '}{' and '.join(moves)}" if moves else ""
