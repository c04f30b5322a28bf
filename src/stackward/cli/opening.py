"""Stacks with what is known of them. Reading never creates a state file: a stack without one has never run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from stackward.cli.ansible_places import role_places
from stackward.cli.finding import Inventory, find
from stackward.definition.loader import load
from stackward.definition.mistake import ended, suggestion
from stackward.definition.model import Stack
from stackward.definition.names import namesake
from stackward.engine import contents, healing
from stackward.engine.rollouts import observations
from stackward.engine.scaling import Look, Remembered, look, preview
from stackward.errors import DefinitionError, StackwardError, StateError
from stackward.healing.decide import Decision
from stackward.known_resource import KnownResource
from stackward.planner import EVERYTHING, Plan, Scope, decide
from stackward.rollout.contents import Contents
from stackward.state.records import Command, JournalEntry, LogLine, StackState
from stackward.state.store import Store, open_store

_SQLITE = "sqlite:///"


class Known:
    """A stack and its state, which is opened when it is first there."""

    def __init__(self, stack: Stack, mistakes: tuple[str, ...] = ()) -> None:
        self.stack = stack
        self.mistakes = mistakes
        """Those of its file, which `stack` is not of then, but of the one that the last run took up."""
        self._store: Store | None = None

    @property
    def store(self) -> Store | None:
        """The stack's state, None as long as it has never run. Raises StateError."""
        if self._store is None and exists(self.stack.state):
            self._store = open_store(self.stack.state)
        return self._store

    def close(self) -> None:
        """Give the connections back."""
        if self._store is not None:
            self._store.close()

    def state(self) -> StackState:
        """Return what is known of the stack; nothing if it has never run."""
        if self.store is None:
            return StackState(self.stack.name, 0, {}, {}, (), {})
        return self.store.snapshot(self.stack.name)

    def contents(self) -> Contents:
        """Return what the stack's layers would run now."""
        return contents.contents(self.stack, role_places(Path(self.stack.path), os.environ))

    def plan(self, state: StackState, now: datetime, scope: Scope = EVERYTHING) -> Plan:
        """Return what a converge would do in this state."""
        return decide(self.stack, state, observations(state, now), now, scope)

    def scaling(self, state: StackState, now: datetime) -> Look:
        """Return what scaling sees and would ask for; `state` counts where the stack has never run."""
        if self.store is None:
            return look(self.stack, state, {}, Remembered(), now)
        return preview(self.store, self.stack, now)

    def healing(self, now: datetime) -> Decision:
        """Return what healing would do about what was seen last."""
        if self.store is None:
            return Decision()
        return healing.preview(self.store, self.stack, self.store.sightings(self.stack.name), now).decision

    def journal(
        self,
        *,
        instance: str | None = None,
        kinds: tuple[str, ...] = (),
        after: int = 0,
        limit: int = 100,
        newest: bool = True,
    ) -> tuple[JournalEntry, ...]:
        """Return entries of the journal as `Store.journal` does."""
        if self.store is None:
            return ()
        return self.store.journal(
            self.stack.name, instance=instance, kinds=kinds, after=after, limit=limit, newest=newest
        )

    def commands(self, *, instance: str | None = None, limit: int = 100) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
        return () if self.store is None else self.store.commands(self.stack.name, instance=instance, limit=limit)

    def resources(self) -> tuple[KnownResource, ...]:
        """Return what is remembered of resources beside machines."""
        return () if self.store is None else self.store.resources(self.stack.name)

    def log(self, command: int) -> tuple[LogLine, ...]:
        """Return what was logged of a command."""
        return () if self.store is None else self.store.log(command)


def exists(url: str) -> bool:
    """Whether there is a state; a database server is asked when it is used.

    Raises StateError for whatever is in the place of one: a stack whose state cannot be read is not one without any.
    """
    if not url.startswith(_SQLITE):
        return True
    file = Path(url.removeprefix(_SQLITE))
    try:
        found = file.stat()
    except FileNotFoundError:
        if file.is_symlink():
            raise StateError(f"The state in {file} is a link to {file.readlink()}, and nothing is there.") from None
        return False
    except OSError as error:
        raise StateError(f"The state in {file} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(found.st_mode):
        raise StateError(f"The state in {file} is no file. Move it away, or name a file.")
    return found.st_size > 0


def loaded(inventory: Inventory) -> tuple[tuple[Stack, ...], dict[Path, tuple[str, ...]]]:
    """Return the stacks of the files, and the mistakes of each file that has some."""
    stacks: list[Stack] = []
    mistakes: dict[Path, tuple[str, ...]] = {}
    for file in inventory.files:
        try:
            stacks.append(load(str(file), environment=os.environ, roles=role_places(file, os.environ)))
        except DefinitionError as error:
            mistakes[file] = error.problems
    return tuple(stacks), mistakes


def read(inventory: Inventory, only: str | None = None) -> tuple[Stack, ...]:
    """Return the stacks of the files, or just the one of that name.

    Raises DefinitionError with every mistake of every file, StackwardError for a name that no file has.
    """
    stacks, mistakes = loaded(inventory)
    if only is not None:
        chosen = tuple(stack for stack in stacks if stack.name == only)
        if len(chosen) == 1:
            return chosen
    problems = tuple(problem for its in mistakes.values() for problem in its)
    problems += tuple(
        namesake(stack, other.path)
        for position, stack in enumerate(stacks)
        for other in stacks[:position]
        if other.name == stack.name
    )
    if problems:
        raise DefinitionError(problems)
    if only is not None:
        hint = suggestion(only, [s.name for s in stacks], "stacks")
        raise StackwardError(f"There is no stack {only!r}; {ended(hint)}")
    return stacks


@contextmanager
def opened(given: Sequence[Path] | None, only: str | None = None) -> Iterator[tuple[Known, ...]]:
    """Open the stacks of the given or found files for reading. Raises what `find` and `read` raise."""
    known = tuple(Known(stack) for stack in read(find(given or (), Path.cwd()), only))
    try:
        yield known
    finally:
        for item in known:
            item.close()
