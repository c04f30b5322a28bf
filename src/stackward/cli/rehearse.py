"""`stackward rehearse heal`: the ladder of an instance, without touching it; or for real, on a twin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import completion, options
from stackward.cli.durations import seconds
from stackward.cli.output import Form, console, print_json, print_line

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.healing.rehearsal import Rehearsal


def heal(
    name: Annotated[str, typer.Argument(metavar="INSTANCE", autocompletion=completion.instances)],
    every: Annotated[
        str, typer.Option(metavar="TIME", help="How often somebody looks: heal by cron, or serve.")
    ] = "60s",
    really: Annotated[
        bool, typer.Option("--really", help="Make a twin of it, break that, and run each remedy on it; then remove it.")
    ] = False,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Show what healing would do if an instance fell silent now: each remedy, when, and what holds it back today.

    Nothing is touched. The decisions are those of healing itself, on an imagined clock. With --really a twin of the
    instance is made, a host in a container in a stack of its own, and broken and healed once for each remedy.

    For example:
      stackward rehearse heal web2
      stackward rehearse heal web2 --every 30s --output json
      stackward rehearse heal web2 --really
    """
    from stackward.cli.naming import Kind, named
    from stackward.cli.opening import opened
    from stackward.engine import healing
    from stackward.errors import StackwardError
    from stackward.healing.rehearsal import rehearse

    tick = seconds(every, "--every")
    with opened(inventory, stack) as stacks:
        known = named(name, stacks, (Kind.INSTANCE,)).known
        record = known.state().instances.get(name)
        if known.store is None or record is None or record.machine is None:
            raise StackwardError(f"{name} has no machine, so there is nothing to heal; start it first.")
        if name not in known.stack.instances or not known.stack.instances[name].layers:
            raise StackwardError(f"{name} has no layer in the stack file, so nobody heals it.")
        sightings = known.store.sightings(known.stack.name)
        if really:
            _try(known, name, output)
            return
        inputs = healing.preview(known.store, known.stack, sightings, datetime.now(UTC)).inputs
        found = rehearse(known.stack, inputs, name, tick)
    if output is Form.JSON:
        print_json(found)
    else:
        _say(found)


def _try(known: Known, name: str, output: Form) -> None:
    import os

    from stackward.cli.twin import tried

    screen = console()

    def say(line: str) -> None:
        if output is Form.TEXT:
            print_line(screen, line)

    found = tried(known, name, os.environ, say)
    if output is Form.JSON:
        print_json(found)
    say(f"{found.twin} is removed")
    if any(rung.trouble for rung in found.rungs):
        raise typer.Exit(1)


def _say(found: Rehearsal) -> None:
    from rich.text import Text

    from stackward.cli.moments import span

    screen = console()
    screen.print(Text.assemble((found.instance, "bold"), " falls silent now (a rehearsal: nothing is touched)"))
    number = 0
    for step in found.steps:
        when = f"  after {span(step.after):<7} "
        if step.remedy is None:
            print_line(screen, Text(f"{when}{step.reason}", style="yellow"), len(when))
            continue
        number += 1
        begins = f"{number}. {step.remedy.value:<9} "
        print_line(screen, Text.assemble((when, "dim"), (begins, "bold"), step.does), len(when) + len(begins))
    if found.brake:
        print_line(screen, Text(f"As things are now, healing would do nothing: {found.brake}", style="red"))
    else:
        screen.print("As things are now, nothing would hold it back.")
