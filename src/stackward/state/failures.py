"""What a database's error means to a person: which file or server, what is wrong, what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from stackward.errors import StateError
from stackward.state.columns import DamagedError

_CORRUPT = "is corrupt. Put its backup in its place, or move it away to begin anew."

_SQLITE = (
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED"),
        "is locked by another process, and stayed so for as long as this one may wait. Run again later.",
    ),
    (
        # The second is what readers get, for whom SQLite makes a file beside the database.
        ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"),
        "cannot grow: the disk is full. Nothing of this step was saved; free some space and run again.",
    ),
    (
        ("SQLITE_NOTADB",),
        "is not a database. Nothing was changed: put its backup in its place, or move it away to begin anew.",
    ),
    (("SQLITE_CORRUPT",), _CORRUPT),
    (
        ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"),
        "cannot be written. Give this user write access to the file and to its folder.",
    ),
    (
        ("SQLITE_CANTOPEN",),
        "cannot be opened. This user needs read and write access to the file and to its folder.",
    ),
    (("SQLITE_IOERR",), "cannot be read or written: the disk reports an error. Nothing of this step was saved."),
)

_POSTGRESQL = (
    (("55P03", "57014"), "is locked by another process, and stayed so for as long as this one may wait. Run again."),
    (("40",), "was changed by somebody else at the same moment. Nothing of this step was saved; run again."),
    (
        ("53100",),
        "cannot grow: the server's disk is full. Nothing of this step was saved; free some space and run again.",
    ),
    (("53",), "is on a server that has no room for this connection or step. Run again later."),
    (("28",), "refuses the login. Check user and password in the URL."),
    (("3D000",), "does not exist. Create the database, or correct its name in the URL."),
    (("42501", "25006"), "cannot be written. Give this user the right to create and change tables in it."),
    (("57P", "08"), "is not there any more: the connection was lost. Run again: work resumes from what was saved."),
)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Raises StateError, saying what is wrong with the state at `place`, for every error that the database reports."""
    try:
        yield
    except DBAPIError as error:
        raise StateError(sentence(place, error)) from error
    except (DamagedError, UnicodeDecodeError) as error:
        # The second comes from SQLite's driver, where damage has got into what SQLite says of it.
        raise StateError(f"The state {place} {_CORRUPT} ({error})") from error


def sentence(place: str, error: DBAPIError) -> str:
    """What the error means, with the database's own words after it."""
    cause = error.orig
    said = " ".join(str(cause).split()) or type(cause).__name__
    return f"The state {place} {_meaning(error)} ({said})"


def is_locked(error: DBAPIError) -> bool:
    """Whether another connection is in the way at the moment."""
    return _code(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _meaning(error: DBAPIError) -> str:
    code = _code(error)
    for starts, meaning in _SQLITE if isinstance(error.orig, sqlite3.Error) else _POSTGRESQL:
        if code.startswith(starts):
            return meaning
    if isinstance(error.orig, sqlite3.OperationalError) and str(error.orig).startswith("Could not decode to UTF-8"):
        return _CORRUPT
    if isinstance(error.orig, sqlite3.Error) or code:
        return "refuses this step. Nothing of it was saved."
    if error.connection_invalidated:
        return _POSTGRESQL[-1][1]
    return "cannot be reached. Check that the server runs and that the URL is right."


def _code(error: DBAPIError) -> str:
    """SQLite's name or SQL's five characters; empty where there was no answer at all."""
    return str(getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "")
