"""The base of a write transaction on one stack: the stack's lock, epochs checked with every write, the journal.

Statements are built once, here and in the modules of each kind of write: building them anew costs more than the
database's own work. Their parameters `of`, `named` and so on have no column's name, as those are what is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Text, bindparam, insert, select, text, update

from stackward.errors import StaleEpochError, StateError
from stackward.state.command_reading import read_commands
from stackward.state.journal_reading import read_histories
from stackward.state.reading import read_sightings, read_stack
from stackward.state.records import Command, JournalEntry, Sighting, StackState
from stackward.state.tables import instances, journal, stacks

OF = bindparam("of", type_=Text)
"""The stack, in every statement."""

NAMED = bindparam("named", type_=Text)
"""The instance, where there is one."""

# The same words in SQLite and PostgreSQL, which SQLAlchemy itself knows only apart.
_CREATE = text(
    "INSERT INTO stackward_stacks (name, generation, forgotten_epoch) VALUES (:of, 0, 0) ON CONFLICT DO NOTHING"
)
_LOCK = select(stacks.c.name).where(stacks.c.name == OF).with_for_update()
_GENERATION = select(stacks.c.generation).where(stacks.c.name == OF)
_DEFINITION = select(stacks.c.definition).where(stacks.c.name == OF)
_ADOPT = update(stacks).where(stacks.c.name == OF).values(definition=bindparam("digest"))
_NEXT_GENERATION = update(stacks).where(stacks.c.name == OF).values(generation=stacks.c.generation + 1)
_NOTE = insert(journal)
_ROW = select(
    instances.c.state,
    instances.c.epoch,
    instances.c.claimed_by,
    instances.c.address,
    instances.c.elastic_address,
    instances.c.token,
).where(instances.c.stack == OF, instances.c.name == NAMED)
_UPDATE = update(instances).where(instances.c.stack == OF, instances.c.name == NAMED)
_UPDATE_HELD = _UPDATE.where(instances.c.epoch == bindparam("ours"))


def lock_stack(connection: Connection, stack: str, *, create: bool) -> bool:
    """Wait until this transaction is the only one that writes to the stack. Returns whether the stack is there."""
    while connection.execute(_LOCK, {"of": stack}).one_or_none() is None:
        if not create:
            return False
        connection.execute(_CREATE, {"of": stack})
    return True


class StackWrites:
    """What all kinds of writes to one stack share."""

    def __init__(self, connection: Connection, stack: str) -> None:
        self._connection = connection
        self._stack = stack
        self._state: StackState | None = None

    @property
    def state(self) -> StackState:
        """The stack as of now inside this transaction, with what this transaction itself has written."""
        if self._state is None:
            self._state = read_stack(self._connection, self._stack)
        return self._state

    def histories(
        self, instances: Iterable[str], kinds: tuple[str, ...], limit: int
    ) -> dict[str, tuple[JournalEntry, ...]]:
        """The newest `limit` entries of these kinds of each instance, oldest first, as of now."""
        return read_histories(self._connection, self._stack, instances, kinds, limit)

    def newest_commands(self, limit: int) -> tuple[Command, ...]:
        """The newest commands, finished or not, newest first, as of now."""
        return read_commands(self._connection, self._stack, None, limit)

    def sightings(self) -> tuple[Sighting, ...]:
        """What each witness saw last of each instance, as of now."""
        return read_sightings(self._connection, self._stack)

    def note(
        self,
        kind: str,
        text: str,
        *,
        actor: str,
        now: datetime,
        instance: str | None = None,
        run: int | None = None,
        data: Mapping[str, Any] = {},
    ) -> None:
        """Append to the journal. `data` holds the inputs of a decision and must have a form in JSON."""
        self._insert(_NOTE, at=now, kind=kind, actor=actor, instance=instance, run=run, text=text, data=data)

    def bump_generation(self, text: str, actor: str, now: datetime, run: int | None = None) -> int:
        """Make every online instance due a Configure, and say why. Returns the new generation."""
        generation = self._next_generation()
        self.note("generation", text, actor=actor, now=now, run=run, data={"generation": generation})
        return generation

    def adopt_definition(self, digest: str, actor: str, now: datetime, run: int | None = None) -> None:
        """The stack file in force is this one. Another one than before starts a new generation."""
        before = self._find(_DEFINITION).scalar_one()
        if before == digest:
            return
        self._change(_ADOPT, digest=digest)
        if before is not None:
            self.bump_generation("the stack file has changed", actor, now, run)

    def _next_generation(self) -> int:
        self._change(_NEXT_GENERATION)
        generation: int = self._find(_GENERATION).scalar_one()
        return generation

    def _find(self, statement: Executable, **parameters: Any) -> CursorResult[Any]:
        return self._connection.execute(statement, {"of": self._stack, **parameters})

    def _insert(self, statement: Executable, **values: Any) -> CursorResult[Any]:
        self._state = None
        return self._connection.execute(statement, {"stack": self._stack, **values})

    def _insert_numbered(self, statement: Executable, **values: Any) -> int:
        """Insert one row. Returns the number that the database has given it."""
        key = self._insert(statement, **values).inserted_primary_key
        assert key is not None  # noqa: S101 - only statements for several rows have none
        number: int = key[0]
        return number

    def _change(self, statement: Executable, **parameters: Any) -> int:
        """Update or delete. Returns the number of rows that it concerned."""
        self._state = None
        return self._connection.execute(statement, {"of": self._stack, **parameters}).rowcount

    def _row(self, instance: str) -> Any:
        """Raises StateError if the stack's state knows no such instance."""
        row = self._find(_ROW, named=instance).one_or_none()
        if row is None:
            raise StateError(f"{instance}: the state of stack {self._stack} knows no such instance.")
        return row

    def _held_row(self, instance: str, epoch: int) -> Any:
        """Raises StaleEpochError if the instance has been claimed since."""
        row = self._row(instance)
        if row.epoch != epoch:
            now = (
                "it was forgotten and begun anew" if row.claimed_by is None else f"run {row.claimed_by} has taken over"
            )
            raise StaleEpochError(f"{instance}: {now} (epoch {row.epoch}, ours {epoch}); this run leaves it alone.")
        return row

    def _update(self, instance: str, **values: Any) -> None:
        if self._change(_UPDATE, named=instance, **values) == 0:
            self._row(instance)

    def _update_held(self, instance: str, epoch: int, **values: Any) -> None:
        if self._change(_UPDATE_HELD, named=instance, ours=epoch, **values) == 0:
            self._held_row(instance, epoch)
