"""The address of the state store: SQLite beside the stack, or PostgreSQL."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from stackward.definition.mistake import Mistake, described, shown
from stackward.definition.places import Places

_RIGHT = "write sqlite:///path of a file or postgresql://user@host/database"
_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")
_POSTGRESQL = re.compile(r"(?:postgres|postgresql|postgresql\+psycopg)://(.*)", re.DOTALL)


def state_url(value: Any) -> str:
    """Return a state address in SQLAlchemy's form; a relative SQLite path is left as it is. Raises Mistake.

    No message repeats an address of PostgreSQL: it may hold a password.
    """
    if not isinstance(value, str):
        raise Mistake(f"is {described(value)}", _RIGHT)
    for prefix in _SQLITE:
        if value.startswith(prefix):
            return f"sqlite:///{_sqlite_path(value.removeprefix(prefix))}"
    match = _POSTGRESQL.fullmatch(value)
    if match:
        return f"postgresql+psycopg://{_checked(match.group(1))}"
    scheme, separator, _ = value.partition("://")
    wrong = f"{shown(scheme)} is not a kind of state store" if separator else "is not the address of a state store"
    raise Mistake(wrong, _RIGHT)


def _sqlite_path(path: str) -> str:
    if not path or path == ":memory:" or path.startswith("file:") or "?" in path or "\0" in path:
        raise Mistake(f"{shown(path)} is not a file that SQLite can keep the state in", _RIGHT)
    return path


def _checked(address: str) -> str:
    try:
        parts = urlsplit(f"postgresql://{address}")
        complete = bool(parts.path.strip("/")) and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = False
    if not complete or re.search(r"\s", address):
        raise Mistake("is not a complete address of a PostgreSQL database", _RIGHT)
    return address


def folder_and_state(name: str, data: str | None, state: str | None, places: Places) -> tuple[str, str]:
    """Return a stack's data folder (absolute) and the address of its state, by what is given of both."""
    folder = places.path(data if data is not None else f"../var/{name}")
    return folder, _placed(state or f"sqlite:///{folder}/state.db", places)


def _placed(url: str, places: Places) -> str:
    """Return the same address with a relative SQLite path made absolute."""
    path = url.removeprefix("sqlite:///")
    return url if path == url else f"sqlite:///{places.path(path)}"
