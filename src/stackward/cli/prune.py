"""`stackward prune`: forget what is older than the stack file's `retention`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, print_json


def prune(
    check: Annotated[bool, typer.Option("--check", help="Only say what would be forgotten.")] = False,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Forget entries of the journal, and ended commands with their logs, that are older than the stack's retention.

    Runs and the controller service do so by themselves, once a day. What anything decides by stays, whatever its age.

    For example:
      stackward prune --check
      stackward prune --stack shop
    """
    from stackward.cli.acting import actor
    from stackward.cli.opening import opened
    from stackward.engine import retention

    now = datetime.now(UTC)
    found = {}
    with opened(inventory, stack) as stacks:
        for known in stacks:
            name = known.stack.name
            if known.store is None:
                found[name] = retention.Expired()
            elif check:
                found[name] = retention.expired(known.store, known.stack, now)
            else:
                found[name] = retention.prune(known.store, known.stack, actor=actor(), now=now)
    if output is Form.JSON:
        print_json(
            {
                name: {"entries": len(item.entries), "commands": len(item.commands), "before": item.before}
                for name, item in found.items()
            }
        )
        return
    done = "would be forgotten" if check else "are forgotten"
    for name, item in found.items():
        text = f"{retention.told(item)}, {done}" if item.count else "nothing is old enough to be forgotten"
        console().print(f"{name}: {text}", soft_wrap=True)
