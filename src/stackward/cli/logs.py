"""`stackward logs`: the commands that ran on the instances, and what each of their tasks did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import completion, options
from stackward.cli.output import Form, console, plain, print_json

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.state.records import Command, LogLine

_EVERY = 1_000_000


def logs(
    instance: Annotated[
        str | None,
        typer.Argument(metavar="INSTANCE", help="Only this instance.", autocompletion=completion.instances),
    ] = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    command: Annotated[
        int | None, typer.Option("--command", "-c", metavar="NUMBER", help="The tasks of this command.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many commands to show, the newest.")] = 20,
    output: options.Output = Form.TEXT,
) -> None:
    """Show which event ran where, how it ended, and its log.

    For example:
      stackward logs
      stackward logs web1 --limit 5
      stackward logs --command 12
    """
    from stackward.cli.in_force import opened_in_force
    from stackward.cli.naming import Kind, named

    with opened_in_force(inventory, stack) as stacks:
        if instance is not None:
            stacks = (named(instance, stacks, (Kind.INSTANCE,)).known,)
        if command is not None:
            _print_one(*_one(stacks, instance, command), output)
            return
        found = [
            (known.stack.name, item) for known in stacks for item in known.commands(instance=instance, limit=limit)
        ]
        found.sort(key=lambda entry: (entry[1].created, entry[1].id), reverse=True)
        _print_all(found[:limit], output)


def _one(stacks: Sequence[Known], instance: str | None, number: int) -> tuple[str, Command, tuple[LogLine, ...]]:
    from stackward.errors import StackwardError

    found = [
        (known, item)
        for known in stacks
        for item in known.commands(instance=instance, limit=_EVERY)
        if item.id == number
    ]
    if not found:
        where = instance or ", ".join(known.stack.name for known in stacks)
        raise StackwardError(f"There is no command {number} of {where}. `stackward logs` lists those that are kept.")
    if len(found) > 1:
        names = ", ".join(known.stack.name for known, _ in found)
        raise StackwardError(f"Several stacks have a command {number} ({names}); say which with --stack.")
    known, item = found[0]
    return known.stack.name, item, known.log(number)


def _print_all(found: Sequence[tuple[str, Command]], output: Form) -> None:
    if output is Form.JSON:
        print_json([{"stack": name, **plain(item)} for name, item in found])
        return
    if not found:
        console().print("no command has run yet")
        return
    from stackward.cli.command_table import table

    now = datetime.now(UTC)
    console().print(table([item for _, item in found], now))


def _print_one(stack: str, item: Command, lines: Sequence[LogLine], output: Form) -> None:
    if output is Form.JSON:
        print_json({"stack": stack, **plain(item), "log": plain(lines)})
        return
    from stackward.cli.command_table import heading, log_table

    now = datetime.now(UTC)
    screen = console()
    screen.print(heading(item, now))
    screen.print(log_table(lines, now) if lines else "nothing was logged of it")
