"""`stackward events`: the journal as it is written."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import merge
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form, console, plain, print_json, print_line

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.state.records import JournalEntry

_SECONDS = 1.0
"""Between two looks of --watch."""

_AT_ONCE = 1000

KINDS = (
    *("request", "decision", "state", "command", "failure", "generation", "departed", "attempt", "rollout"),
    *("heal", "healed", "healing-withheld", "healing-look", "hold", "pause"),
    *("balancer", "resource", "resource failure", "pruned", "remark"),
)
"""What the journal has entries of."""


def events(
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    instance: Annotated[
        str | None,
        typer.Option("--instance", metavar="NAME", help="Only this instance.", autocompletion=completion.instances),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only request, decision, state, command, failure or another; may be repeated.",
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on with what comes in until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many to show, the newest.")] = 50,
    output: options.Output = Form.TEXT,
) -> None:
    """Show the journal, as it is written.

    It has every request, decision, change of state and command. With --output
    json it is an array, together with --watch one object a line.

    For example:
      stackward events --limit 200
      stackward events --watch --instance web1
      stackward events --kind state --kind failure --output json
    """
    for name in kind or ():
        if name not in KINDS:
            raise typer.BadParameter(f"--kind {name}: the journal has no such entries; write {', '.join(KINDS)}.")
    from stackward.cli.in_force import opened_in_force
    from stackward.cli.naming import Kind, named

    with opened_in_force(inventory, stack) as stacks:
        if instance is not None:
            stacks = (named(instance, stacks, (Kind.INSTANCE,)).known,)
        kinds = tuple(kind or ())
        journals = (
            [(known.stack.name, entry) for entry in known.journal(instance=instance, kinds=kinds, limit=limit)]
            for known in stacks
        )
        found = list(merge(*journals, key=lambda item: item[1].at))
        _print(found[-limit:], output, lines=watch)
        if not found and not watch and output is Form.TEXT and console().is_terminal:
            console().print("no such entry is in the journal" if kinds or instance else "nothing is in the journal yet")
        if watch:
            last = {known.stack.name: _newest(known, found) for known in stacks}
            _follow(stacks, last, instance, kinds, output)


def _newest(known: Known, found: Sequence[tuple[str, JournalEntry]]) -> int:
    return max((entry.id for name, entry in found if name == known.stack.name), default=0)


def _follow(
    stacks: Sequence[Known], last: dict[str, int], instance: str | None, kinds: tuple[str, ...], output: Form
) -> None:
    try:
        while True:
            time.sleep(_SECONDS)
            for known in stacks:
                name = known.stack.name
                entries = known.journal(instance=instance, kinds=kinds, after=last[name], limit=_AT_ONCE, newest=False)
                _print([(name, entry) for entry in entries], output, lines=True)
                last[name] = max((entry.id for entry in entries), default=last[name])
    except KeyboardInterrupt:
        return


def _print(found: Sequence[tuple[str, JournalEntry]], output: Form, *, lines: bool) -> None:
    if output is Form.JSON:
        data = [{"stack": name, **plain(entry)} for name, entry in found]
        if not lines:
            print_json(data)
        for item in data if lines else ():
            print_json(item, indent=None)
        return
    from rich.text import Text

    from stackward.cli.journal_text import sentence
    from stackward.cli.moments import UNDER_CLOCK, clock

    now = datetime.now(UTC)
    screen = console()
    for name, entry in found:
        line = Text(clock(entry.at, now), style="dim")
        line.append(f"  {entry.instance or name}  ", style="bold")
        line.append(sentence(entry), style="red" if entry.kind == "failure" else "")
        line.append(f"  ({entry.actor})", style="dim")
        print_line(screen, line, UNDER_CLOCK)
    sys.stdout.flush()
