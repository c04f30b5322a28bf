"""`stackward describe`: everything that is known of one thing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form, console, print_json, print_line

if TYPE_CHECKING:
    from stackward.cli.naming import Named

_APART = ("commands", "journal")
"""Shown below the outline, each in its own way."""


def describe(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="An instance, a layer, an app or a stack.", autocompletion=completion.everything
        ),
    ],
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Show everything about an instance, layer, app or stack.

    For example:
      stackward describe web1
      stackward describe storefront
      stackward describe shop --output json
    """
    from stackward.cli.descriptions import description
    from stackward.cli.in_force import opened_in_force
    from stackward.cli.naming import named

    with opened_in_force(inventory, stack) as stacks:
        it = named(name, stacks)
        now = datetime.now(UTC)
        data = description(it, now)
        if output is Form.JSON:
            print_json(data)
        else:
            _say(it, data, now)


def _say(it: Named, data: dict[str, Any], now: datetime) -> None:
    from rich.text import Text

    from stackward.cli.command_table import table
    from stackward.cli.descriptions import COMMANDS, ENTRIES
    from stackward.cli.journal_text import sentence
    from stackward.cli.moments import UNDER_CLOCK, clock
    from stackward.cli.naming import Kind
    from stackward.cli.outline import outline

    screen = console()
    for line in outline({key: value for key, value in data.items() if key not in _APART}):
        screen.print(line, soft_wrap=True)
    if it.kind is not Kind.INSTANCE:
        return
    if commands := it.known.commands(instance=it.name, limit=COMMANDS):
        screen.print(Text("\nlast commands", style="bold"))
        screen.print(table(commands, now))
    if journal := it.known.journal(instance=it.name, limit=ENTRIES):
        screen.print(Text("\nlast in the journal", style="bold"))
    for entry in journal:
        print_line(screen, f"{clock(entry.at, now)}  {sentence(entry)}  ({entry.actor})", UNDER_CLOCK)
