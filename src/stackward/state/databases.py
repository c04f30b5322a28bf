"""Connections to the two kinds of database, set up alike: transactions that we begin, waiting that has an end."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import NullPool

from stackward.errors import StateError
from stackward.state.failures import is_locked

_RETRY = 0.02
"""Seconds between two attempts where SQLite itself does not wait."""

_REACH = 10
"""Seconds in which a PostgreSQL server must answer a new connection."""


@dataclass(frozen=True, slots=True)
class Database:
    """An engine and how to begin with it. `place` names the database for a person, without its password."""

    engine: Engine
    place: str
    busy_timeout: float
    reading: Mapping[str, Any]
    """Execution options of a transaction that sees one moment and writes nothing."""
    writing: Mapping[str, Any]
    """Execution options of a transaction that writes."""

    def forget_connections(self) -> None:
        """Let a forked child open its own: it must not touch its parent's. What the engine has compiled stays known."""
        self.engine.dispose(close=False)


def connect(url: str, busy_timeout: float) -> Database:
    """A database by SQLAlchemy URL. `busy_timeout`, in seconds, bounds each wait for another's lock.

    An SQLite file is created empty, with its folder, when it is not there; a server is not called yet.
    Raises StateError for a URL that cannot be used, a missing driver, a folder that cannot be made or written.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StateError(
            "The state's URL cannot be read. Right would be sqlite:///FILE or postgresql://USER@HOST/NAME."
        ) from error
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, busy_timeout)
        case "postgresql":
            return _postgresql(parsed, busy_timeout)
        case other:
            raise StateError(f"The state cannot be kept in {other}. Use sqlite:///FILE or postgresql://USER@HOST/NAME.")


def use_write_ahead_log(database: Database) -> None:
    """Let readers of an SQLite file go on beside a writer. Raises StateError where the file system cannot do that."""
    if database.engine.dialect.name != "sqlite":
        return
    deadline = time.monotonic() + database.busy_timeout
    with database.engine.connect().execution_options(stackward_begin="") as connection:
        while True:
            try:
                mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one()
            except OperationalError as error:
                # SQLite does not wait by itself when two processes switch a new file at once.
                if not is_locked(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY)
            else:
                break
    if mode != "wal":
        raise StateError(
            f"The state {database.place} is on a file system where SQLite cannot share a file between processes. "
            "Use a local disk or PostgreSQL."
        )


def _sqlite(url: URL, busy_timeout: float) -> Database:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StateError("The state's URL names no file. Right would be sqlite:///FILE.")
    path = Path(url.database).absolute()
    _create_private(path)

    engine = create_engine(
        # A file that is gone is not made anew: that would be a state that knows no machine.
        URL.create("sqlite+pysqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"}),
        poolclass=NullPool,
        connect_args={"timeout": busy_timeout},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(
        engine,
        f"in {path}",
        busy_timeout,
        reading={"stackward_begin": "BEGIN"},
        writing={"stackward_begin": "BEGIN IMMEDIATE"},
    )


def _create_private(path: Path) -> None:
    """An empty file that only its owner reads: it will hold the apps' database passwords."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StateError(
            f"The state in {path} cannot be opened or created: {error.strerror or error} ({error.filename}). "
            "This user needs read and write access to the file and to its folder."
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Without this the driver would begin transactions by itself, and too late.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    statement = cast("str", connection.get_execution_options()["stackward_begin"])
    if statement:
        connection.exec_driver_sql(statement)


def _postgresql(url: URL, busy_timeout: float) -> Database:
    limit = {} if "connect_timeout" in url.query else {"connect_timeout": _REACH}

    def prepare(connection: Any, _record: object) -> None:
        connection.execute(f"SET lock_timeout = {int(busy_timeout * 1000)}")
        # What has been saved must outlive a crash of the server too: machines are made on the strength of it.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()

    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=2,
            pool_pre_ping=True,
            connect_args={"application_name": "stackward", **limit},
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise StateError(
            "The state is to be kept in PostgreSQL, but its driver is not installed. "
            "Install it with: pip install 'stackward[postgresql]'"
        ) from error
    event.listen(engine, "connect", prepare)
    return Database(
        engine,
        f"at {url.set(drivername='postgresql').render_as_string(hide_password=True)}",
        busy_timeout,
        reading={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        writing={"isolation_level": "READ COMMITTED"},
    )
