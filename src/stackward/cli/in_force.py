"""Stacks for commands that only look: one whose file has mistakes is shown by the file that the last run took up."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import typer

from stackward.cli.finding import Inventory, find
from stackward.cli.opening import Known, exists, loaded, read
from stackward.definition.loader import identify, load_text
from stackward.definition.model import Stack
from stackward.errors import DefinitionError, StackwardError
from stackward.state.store import open_store

_NOTE = (
    "{} is shown by its stack file as the last run took it up; nothing is started, healed or deployed "
    "until the mistakes are corrected.\n"
)


@contextmanager
def opened_in_force(given: Sequence[Path] | None, only: str | None = None) -> Iterator[tuple[Known, ...]]:
    """Open stacks as `opened` does. Mistakes of files are told first, and end the command with 1 at its end.

    Raises what `opened` raises; for mistakes only where they leave no stack that can be shown.
    """
    inventory = find(given or (), Path.cwd())
    mistaken = False
    try:
        known = tuple(map(Known, read(inventory, only)))
    except DefinitionError as error:
        known = _despite_mistakes(inventory, only)
        if not known:
            raise
        mistaken = True
        sys.stderr.write(f"{error}\n" + "".join(_NOTE.format(item.stack.name) for item in known if item.mistakes))
    try:
        yield known
    finally:
        for item in known:
            item.close()
    if mistaken:
        raise typer.Exit(1)


def _despite_mistakes(inventory: Inventory, only: str | None) -> tuple[Known, ...]:
    """Return the stacks that can be shown, none where two have the same name."""
    stacks, mistakes = loaded(inventory)
    known = [Known(stack) for stack in stacks]
    known += [Known(stack, its) for file, its in mistakes.items() if (stack := _in_force(file)) is not None]
    names = [item.stack.name for item in known]
    if len(set(names)) < len(names):
        return ()
    order = {str(file): position for position, file in enumerate(inventory.files)}
    known.sort(key=lambda item: order[item.stack.path])
    return tuple(item for item in known if only in (None, item.stack.name))


def _in_force(file: Path) -> Stack | None:
    """Return the stack by the file that the last run took up, None where the file or the state does not say it."""
    try:
        its = identify(str(file), environment=os.environ)
        if its is None or not exists(its.state):
            return None
        with open_store(its.state) as store:
            digest = store.snapshot(its.name).definition
            text = None if digest is None else store.definition(digest)
        if text is None:
            return None
        return replace(load_text(text, str(file), environment=os.environ, files=False), state=its.state)
    except StackwardError:
        return None
