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
            decision = known.scaling(state, now).narrowed(names)
            found.append((known, state, known.plan(state, now, Scope(names)), decision))
    if output is Form.JSON:
        print_json({"at": now, "stacks": [_data(*item) for item in found]})
    else:
        for known, state, its, decision in found:
            _say(known, state, its, decision)
    if not all(its.empty for _known, _state, its, _decision in found):
        raise typer.Exit(SOMETHING_TO_DO)


def _data(known: Known, state: StackState, its: Plan, decision: Decision) -> dict[str, Any]:
    found = {"name": known.stack.name, "generation": state.generation, "nothing_to_do": its.empty, **plain(its)}
    return {**found, "scaling": plain(decision)}


def _say(known: Known, state: StackState, its: Plan, decision: Decision) -> None:
    from stackward.presentation import plan_lines, scaling_lines

    screen = console()
    for line in (*plan_lines(known.stack, its, state), *scaling_lines(known.stack, decision)):
        screen.print(line, soft_wrap=True)
