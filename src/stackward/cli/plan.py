"""`stackward plan`: what a converge would do now, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, plain, print_json

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.planner import Plan
    from stackward.scaling.by_load import ByLoad
    from stackward.scaling.combine import Decision
    from stackward.state.records import StackState

SOMETHING_TO_DO = 2
"""The exit code where a converge would change something."""


def plan(
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: options.Instances = None,
    layer: options.Layers = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Show what converge would do now, and why; also what scale would ask for.

    Nothing is changed.
    Exits with 0 if there is nothing to do, with 2 if there is something.

    For example:
      stackward plan
      stackward plan --layer web
      stackward plan --output json
    """
    from stackward.cli.naming import Kind, check, targets
    from stackward.cli.opening import opened
    from stackward.planner import Scope

    with opened(inventory, stack) as stacks:
        check([known.stack for known in stacks], Kind.INSTANCE, instance or ())
        check([known.stack for known in stacks], Kind.LAYER, layer or ())
        now = datetime.now(UTC)
        found = []
        for known in stacks:
            names = targets(known.stack, instance or (), layer or ())
            state = known.state()
            scaling = known.scaling(state, now)
            decision = scaling.narrowed(names)
            found.append((known, state, known.plan(state, now, Scope(names)), decision, scaling.load))
    if output is Form.JSON:
        print_json({"at": now, "stacks": [_data(*item) for item in found]})
    else:
        for known, state, its, decision, load in found:
            _say(known, state, its, decision, load)
    if not all(its.empty for _known, _state, its, _decision, _load in found):
        raise typer.Exit(SOMETHING_TO_DO)


def _data(known: Known, state: StackState, its: Plan, decision: Decision, load: ByLoad) -> dict[str, Any]:
    from stackward.rollout.drift import drift
    from stackward.scaling.load.evaluation import as_data

    found = {"name": known.stack.name, "generation": state.generation, "nothing_to_do": its.empty, **plain(its)}
    layers = {
        name: {
            **as_data(item.evaluation),
            "enforced": item.enforced,
            "starts": plain(item.starts),
            "stops": plain(item.stops),
        }
        for name, item in load.layers.items()
    }
    drifts = drift(known.stack, state, known.contents())
    return {**found, "drift": drifts, "scaling": plain(decision), "load": layers}


def _say(known: Known, state: StackState, its: Plan, decision: Decision, load: ByLoad) -> None:
    from stackward.presentation import load_lines, plan_lines, scaling_lines

    screen = console()
    lines = (
        *plan_lines(known.stack, its, state, known.contents()),
        *load_lines(known.stack, load),
        *scaling_lines(known.stack, decision),
    )
    for line in lines:
        screen.print(line, soft_wrap=True)
