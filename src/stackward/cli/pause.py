"""`stackward pause` and `stackward resume`: what acts by itself does nothing to a stack meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from stackward.cli import moments, options
from stackward.cli.output import Form, console, print_json

What = Annotated[str, typer.Argument(metavar="WHAT", help="What is meant: healing.")]


def pause(
    what: What,
    why: Annotated[
        str, typer.Option("--reason", "--why", metavar="TEXT", parser=options.reason, help="What it is paused for.")
    ],
    until: options.Until = None,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Keep healing from doing anything to the stacks. It goes on looking, and says what it would do.

    For example:
      stackward pause healing --reason "the switches are replaced" --until 2h
      stackward pause healing --stack shop --reason "looking at it myself"
    """
    from stackward.cli.acting import actor, later
    from stackward.cli.opening import opened
    from stackward.engine import pausing
    from stackward.state.store import open_store

    now = datetime.now(UTC)
    end = None if until is None else later(until, now)
    paused = {}
    with opened(inventory, stack) as stacks:
        for known in stacks:
            with open_store(known.stack.state) as store:
                paused[known.stack.name] = pausing.pause(
                    store, known.stack, what, why=why, until=end, actor=actor(), now=now
                )
    if output is Form.JSON:
        print_json(paused)
    else:
        for name in paused:
            console().print(f"{name}: {what} is paused {moments.until(end, 'it is resumed')}: {why}", soft_wrap=True)


def resume(
    what: What,
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    output: options.Output = Form.TEXT,
) -> None:
    """Let healing act again on the stacks.

    For example:
      stackward resume healing
    """
    from stackward.cli.acting import actor
    from stackward.cli.opening import opened
    from stackward.engine import pausing

    resumed = {}
    with opened(inventory, stack) as stacks:
        for known in stacks:
            resumed[known.stack.name] = known.store is not None and pausing.resume(
                known.store, known.stack, what, actor=actor(), now=datetime.now(UTC)
            )
    if output is Form.JSON:
        print_json(resumed)
    else:
        for name, was in resumed.items():
            console().print(f"{name}: {what} goes on" if was else f"{name}: {what} was not paused", soft_wrap=True)
