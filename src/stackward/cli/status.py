"""`stackward status`: one screen that says how everything is and whose move it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackward.cli import options
from stackward.cli.output import Form, console, print_json

if TYPE_CHECKING:
    from stackward.cli.opening import Known
    from stackward.cli.status_data import StackStatus

_SECONDS = 1.0
"""Between two looks of --watch."""


def status(
    inventory: options.Inventory = None,
    stack: options.Stack = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep looking until Ctrl-C.")] = False,
    output: options.Output = Form.TEXT,
) -> None:
    """Show every instance on one screen, and whose move it is.

    CONF says whether the last Configure knew the stack as it is now: ok, or the
    generation it knew and the one that there is (5<7).

    For example:
      stackward status
      stackward status --watch
      stackward status -i inventory/shop.stack.yml --output json
    """
    from stackward.cli.in_force import opened_in_force

    with opened_in_force(inventory, stack) as stacks:
        if watch:
            _watch(stacks, inventory, stack, output)
            return
        now = datetime.now(UTC)
        _print(_look(stacks, now), now, output)


def _look(stacks: Sequence[Known], now: datetime) -> tuple[StackStatus, ...]:
    from stackward.cli.status_data import status as status_of

    return tuple(status_of(known, now) for known in stacks)


def _print(found: tuple[StackStatus, ...], now: datetime, output: Form) -> None:
    if output is Form.JSON:
        print_json({"at": now, "stacks": found})
        return
    from stackward.cli.status_screen import StatusScreen

    console().print(StatusScreen(found, now))


def _watch(stacks: Sequence[Known], given: list[Path] | None, only: str | None, output: Form) -> None:
    """Look again and again; a stack file that changes is read again. Ctrl-C is the way out, not an error."""
    try:
        if output is Form.JSON:
            while True:
                now = datetime.now(UTC)
                print_json({"at": now, "stacks": _look(stacks, now)}, indent=None)
                time.sleep(_SECONDS)
        from stackward.cli.watching import watch

        watch(stacks, given, only, _SECONDS)
    except KeyboardInterrupt:
        return
