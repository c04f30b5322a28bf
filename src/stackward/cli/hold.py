"""`stackward hold` and `stackward release-hold`: maintenance, during which nothing acts on an instance by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import completion, moments, options
from stackward.cli.output import Form, console, print_json

if TYPE_CHECKING:
    from stackward.cli.naming import Named
    from stackward.state.store import Store

Name = Annotated[str, typer.Argument(metavar="INSTANCE", autocompletion=completion.instances)]


def hold(
    name: Name,
    why: Annotated[
        str, typer.Option("--reason", "--why", metavar="TEXT", parser=options.reason, help="What it is held for.")
    ],
    until: options.Until = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Take an instance aside: scaling leaves it alone.

    What a person asks for is still carried out, and so is Configure.
    A time without an offset is local.

    For example:
      stackward hold web2 --reason "new disk" --until 2h
      stackward hold web2 --reason "looking at a leak"
    """
    from stackward.cli.acting import actor, later
    from stackward.cli.naming import Kind, named
    from stackward.cli.opening import opened
    from stackward.engine.maintenance import take_aside

    now = datetime.now(UTC)
    end = None if until is None else later(until, now)
    with opened(inventory, stack) as stacks:
        it = named(name, stacks, (Kind.INSTANCE,))
        with _state(it) as store:
            taken = take_aside(store, it.known.stack, name, why=why, until=end, actor=actor(), now=now)
    if output is Form.JSON:
        print_json({"stack": it.known.stack.name, "held": True, "maintenance": taken})
    else:
        console().print(f"{name} is held {moments.until(end, 'it is released')}: {why}", soft_wrap=True)


def release_hold(
    name: Name,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Give an instance back that was held.

    For example:
      stackward release-hold web2
    """
    from stackward.cli.acting import actor
    from stackward.cli.naming import Kind, named
    from stackward.cli.opening import opened
    from stackward.engine.maintenance import give_back

    with opened(inventory, stack) as stacks:
        it = named(name, stacks, (Kind.INSTANCE,))
        held = False
        if it.known.store is not None:
            held = give_back(it.known.store, it.known.stack, name, actor=actor(), now=datetime.now(UTC))
    if output is Form.JSON:
        print_json({"stack": it.known.stack.name, "held": False, "was_held": held})
    else:
        console().print(f"{name} is released" if held else f"{name} was not held", soft_wrap=True)


def _state(it: Named) -> Store:
    from stackward.state.store import open_store

    return open_store(it.known.stack.state)
