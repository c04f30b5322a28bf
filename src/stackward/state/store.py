"""The state store: what is known of every stack, in SQLite or PostgreSQL.

All writes to a stack go through `Store.transaction`; one at a time a stack. Times come from the caller.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, select

from stackward.known_resource import KnownResource
from stackward.metrics.sample import Sample
from stackward.state.claim_writes import renew_claims
from stackward.state.command_reading import read_commands, read_log
from stackward.state.command_writes import write_log
from stackward.state.databases import Database, connect
from stackward.state.failures import explained
from stackward.state.forking import NO_FORK
from stackward.state.heartbeat_taker import HeartbeatTaker
from stackward.state.heartbeats import Heartbeat, Taken, take
from stackward.state.journal_reading import read_histories, read_journal
from stackward.state.metric_reading import (
    read_alarms,
    read_collections,
    read_evaluations,
    read_load_memories,
    read_samples,
)
from stackward.state.migrations import bring_up_to_date
from stackward.state.reader import StackReader
from stackward.state.reading import read_agents, read_listeners, read_sightings, read_stack, read_stacks
from stackward.state.records import (
    AgentRecord,
    Collected,
    Command,
    Deployment,
    Evaluated,
    JournalEntry,
    KnownAlarm,
    Listener,
    LoadMemory,
    LogLine,
    Rollout,
    Sighting,
    StackState,
)
from stackward.state.resource_rows import read_resources
from stackward.state.retention import (
    OldCommands,
    OldEntries,
    OldEntry,
    forget_commands,
    forget_entries,
    read_old_commands,
    read_old_entries,
)
from stackward.state.rollout_reading import read_lived, read_rollouts
from stackward.state.tables import definitions
from stackward.state.transaction import StackTransaction
from stackward.state.writing import lock_stack


def open_store(url: str, busy_timeout: float = 30.0) -> Store:
    """Open the state at a SQLAlchemy URL; create it, or bring it to this version's tables, where needed.

    `busy_timeout`, in seconds, bounds each wait for another process's transaction. Raises StateError, with nothing
    changed, if the state cannot be reached, read or written, or is of a newer version.
    """
    database = connect(url, busy_timeout)
    try:
        with explained(database.place):
            bring_up_to_date(database)
    except BaseException:
        database.engine.dispose()
        raise
    return Store(database)


class Store:
    """An open state. May be used from several threads, and in a forked child beside its parent.

    Every method raises StateError if the database is locked for too long, full, damaged or gone.
    """

    def __init__(self, database: Database) -> None:
        self._opened = database
        self._process = os.getpid()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back all connections. A closed store opens new ones when it is used again."""
        if self._process == os.getpid():
            self._opened.engine.dispose()

    @contextmanager
    def transaction(self, stack: str) -> Iterator[StackTransaction]:
        """One write transaction on a stack, which is made known if it is new.

        Saved as a whole on a clean exit, not at all after an exception. Transactions on one stack wait for each other;
        one within another on the same stack waits in vain. A child forked within one must leave the state alone.
        """
        with self._writing() as connection:
            lock_stack(connection, stack, create=True)
            yield StackTransaction(connection, stack)

    @contextmanager
    def reading(self, stack: str) -> Iterator[StackReader]:
        """One read transaction on a stack, which sees one moment and waits for nobody."""
        with self._reading() as connection:
            yield StackReader(connection, stack)

    def snapshot(self, stack: str) -> StackState:
        """The stack at one moment; generation 0 and nothing else for an unknown one. Writes nothing."""
        with self._reading() as connection:
            return read_stack(connection, stack)

    def stacks(self) -> tuple[str, ...]:
        """The names of all stacks of this state, sorted."""
        with self._reading() as connection:
            return read_stacks(connection)

    def journal(
        self,
        stack: str,
        *,
        instance: str | None = None,
        kinds: tuple[str, ...] = (),
        after: int = 0,
        limit: int = 100,
        newest: bool = True,
        run: int | None = None,
    ) -> tuple[JournalEntry, ...]:
        """Entries with a number above `after`, oldest first; of too many the newest, or else the oldest, `limit`."""
        with self._reading() as connection:
            return read_journal(
                connection, stack, instance=instance, kinds=kinds, after=after, limit=limit, newest=newest, run=run
            )

    def histories(
        self, stack: str, instances: Iterable[str], kinds: tuple[str, ...], limit: int
    ) -> dict[str, tuple[JournalEntry, ...]]:
        """The newest `limit` entries of these kinds of each instance, oldest first."""
        with self._reading() as connection:
            return read_histories(connection, stack, instances, kinds, limit)

    def commands(self, stack: str, *, instance: str | None = None, limit: int = 100) -> tuple[Command, ...]:
        """The newest commands, finished or not, newest first."""
        with self._reading() as connection:
            return read_commands(connection, stack, instance, limit)

    def rollouts(
        self, stack: str, *, app: str | None = None, limit: int = 100, numbers: Collection[int] | None = None
    ) -> tuple[Rollout, ...]:
        """The newest rollouts, finished or not, newest first; with `numbers` of these only."""
        with self._reading() as connection:
            return read_rollouts(connection, stack, app, limit, numbers)

    def lived(self, stack: str, app: str, limit: int) -> tuple[Deployment, ...]:
        """The releases of the newest rollouts of an app that succeeded, newest first; one may be there more than once.

        Without what came of each instance, which is most of what is known of a rollout.
        """
        with self._reading() as connection:
            return read_lived(connection, stack, app, limit)

    def log(self, command: int) -> tuple[LogLine, ...]:
        """What was logged of a command, in order; nothing for an unknown one."""
        with self._reading() as connection:
            return read_log(connection, command)

    def append_log(self, lines: Sequence[LogLine]) -> None:
        """Add lines, all or none, in this order. Lines of a command that has been forgotten are dropped."""
        if not lines:
            return
        with self._writing() as connection:
            write_log(connection, lines)

    def renew(
        self,
        stack: str,
        run: int,
        until: datetime,
        doing: Mapping[str, str] = {},
    ) -> frozenset[str]:
        """Extend all claims of a run, and say by instance what it is doing. Returns the instances that it holds."""
        with self._writing() as connection:
            if not lock_stack(connection, stack, create=False):
                return frozenset()
            return renew_claims(connection, stack, run, until, doing)

    def sightings(self, stack: str) -> tuple[Sighting, ...]:
        """What each witness saw last of each instance."""
        with self._reading() as connection:
            return read_sightings(connection, stack)

    def samples(
        self,
        stack: str,
        since: datetime,
        until: datetime,
        *,
        metrics: Collection[str] | None = None,
        subjects: Collection[str] | None = None,
    ) -> tuple[Sample, ...]:
        """Samples from `since` to `until`, oldest first; None: of all metrics, of all subjects.

        Those older than a day are means of ten minutes, kept for two weeks.
        """
        with self._reading() as connection:
            return read_samples(connection, stack, since, until, metrics, subjects)

    def alarms(self, stack: str) -> dict[str, KnownAlarm]:
        """Every alarm that was ever heard of, by name, as it was when its source was last asked."""
        with self._reading() as connection:
            return read_alarms(connection, stack)

    def collections(self, stack: str) -> dict[str, Collected]:
        """When each source of metrics was last asked, by its name."""
        with self._reading() as connection:
            return read_collections(connection, stack)

    def load_memories(self, stack: str) -> dict[str, LoadMemory]:
        """What scaling by load remembers of each layer, by its name."""
        with self._reading() as connection:
            return read_load_memories(connection, stack)

    def evaluations(self, stack: str, layer: str, limit: int) -> tuple[Evaluated, ...]:
        """The newest evaluations of a layer's load that did something or held it back, oldest first."""
        with self._reading() as connection:
            return read_evaluations(connection, stack, layer, limit)

    def agents(self, stack: str) -> Mapping[str, AgentRecord]:
        """The agents of a stack by instance, with what they said last."""
        with self._reading() as connection:
            return read_agents(connection, stack)

    def resources(self, stack: str) -> tuple[KnownResource, ...]:
        """Every resource beside machines that has been made for a stack, or that it has something in."""
        with self._reading() as connection:
            return read_resources(connection, stack)

    def old_entries(self, look: OldEntries) -> tuple[OldEntry, ...]:
        """The next entries of the journal that a look for old ones finds, oldest first; until it is `over`."""
        with self._reading() as connection:
            return read_old_entries(connection, look)

    def old_commands(self, look: OldCommands) -> tuple[int, ...]:
        """The next commands that a look for old ones finds, oldest first; until it is `over`."""
        with self._reading() as connection:
            return read_old_commands(connection, look)

    def forget(self, stack: str, entries: Sequence[int] = (), commands: Sequence[int] = ()) -> int:
        """Remove entries of the journal and ended commands with their logs. Returns how many rows were there.

        The stack is not locked for it: whoever writes to it needs none of them.
        """
        with self._writing() as connection:
            found = forget_entries(connection, stack, entries) if entries else 0
            return found + (forget_commands(connection, stack, commands) if commands else 0)

    def listeners(self, stack: str) -> tuple[Listener, ...]:
        """The controller services that take heartbeats of a stack, or did when they ended."""
        with self._reading() as connection:
            return read_listeners(connection, stack)

    def take_heartbeats(self, beats: Sequence[Heartbeat], now: datetime) -> tuple[Taken, ...]:
        """Take heartbeats of any stacks in one transaction. Says of each, in their order, what became of it."""
        with self._writing() as connection:
            return take(connection, beats, now)

    def heartbeat_taker(self) -> HeartbeatTaker:
        """For whoever takes heartbeats all the time: a connection that stays open."""
        return HeartbeatTaker(self._database)

    def definition(self, digest: str) -> str | None:
        """The text of the stack file with this digest, None if it is not remembered."""
        with self._reading() as connection:
            return connection.execute(
                select(definitions.c.text).where(definitions.c.digest == digest).limit(1)
            ).scalar_one_or_none()

    @property
    def _database(self) -> Database:
        """The database, by connections of this process's own: a child must not use its parent's."""
        if self._process != os.getpid():
            self._opened.forget_connections()
            self._process = os.getpid()
        return self._opened

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        database = self._database
        with (
            NO_FORK,
            explained(database.place),
            database.engine.connect().execution_options(**database.reading) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        database = self._database
        with (
            NO_FORK,
            explained(database.place),
            database.engine.connect().execution_options(**database.writing) as connection,
            connection.begin(),
        ):
            yield connection
