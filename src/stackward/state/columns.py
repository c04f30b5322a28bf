"""How values lie in the database: as plain text that reads the same in SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from math import floor
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.types import UserDefinedType


class DamagedError(Exception):
    """A value of the database is not what was ever written there."""


class AsText(UserDefinedType[Any]):
    """A column of text with the function that writes a value, and the one that reads it; both meet every value.

    What the latter cannot read raises DamagedError.
    """

    cache_ok = True

    def __init__(self, write: Callable[[Any], str | None], read: Callable[[Any], Any] | None) -> None:
        self.write = write
        self.read = read

    def get_col_spec(self, **_options: Any) -> str:
        """Name the column's type in SQL."""
        return "TEXT"

    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], str | None]:
        """Give the function that writes."""
        return self.write

    def result_processor(self, _dialect: Dialect, _type: object) -> Callable[[Any], Any] | None:
        """Give the function that reads, None where text is read as it is."""
        read = self.read
        if read is None:
            return None

        def checked(value: Any) -> Any:
            try:
                return read(value)
            except (ValueError, KeyError, TypeError) as error:
                raise DamagedError(f"{value!r:.60}") from error

        return checked


def member(choices: type[Enum]) -> AsText:
    """Column of an enumeration's members, by value."""
    write: dict[Enum | None, str | None] = {None: None, **{choice: str(choice.value) for choice in choices}}
    read = {text: choice for choice, text in write.items()}
    return AsText(write.__getitem__, read.__getitem__)


def _storable(value: str | None) -> str | None:
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "backslashreplace").decode("utf-8")


def _universal(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _seconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no time zone")
    return floor(value.timestamp())


def _second(value: int | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value, UTC)


def _data(value: str | None) -> Any:
    if value == "{}":
        return {}
    return None if value is None else json.loads(value)


def _list(value: Iterable[str]) -> str:
    return json.dumps(list(value))


@lru_cache(maxsize=1024)
def _names(value: str) -> tuple[str, ...]:
    return tuple(json.loads(value))


def _plain(value: Any) -> Any:
    """Mappings that are no dictionaries, as dictionaries."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_encode = json.JSONEncoder(default=_plain).encode


def _document(value: Any) -> str | None:
    return None if value is None else _encode(value)


def _joined(value: Iterable[str]) -> str | None:
    return ",".join(value) or None


def _parted(value: str | None) -> tuple[str, ...]:
    return tuple(value.split(",")) if value else ()


WORDS = AsText(_storable, None)
"""Free text. What no database holds (NUL, halves of surrogate pairs) is replaced, so that no log line is lost."""

MOMENT = AsText(_universal, _moment)
"""A time, as ISO 8601 in UTC with microseconds: readable, and it sorts as text. Read back timezone-aware.

Writing one without a zone, which means nothing elsewhere, raises ValueError.
"""


class AsWhole(UserDefinedType[datetime]):
    """A time to the second, as a whole number: for tables of very many rows."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """Name the column's type in SQL."""
        return "BIGINT"

    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], int | None]:
        """Give the function that writes."""
        return _seconds

    def result_processor(self, _dialect: Dialect, _type: object) -> Callable[[Any], Any] | None:
        """Give the function that reads."""
        return _second


SECOND = AsWhole()
"""A time as whole seconds since 1970; what is below a second is cut. Read back in UTC.

Writing one without a zone raises ValueError.
"""

DOCUMENT = AsText(_document, _data)
"""JSON in ASCII, which escapes everything that a database could refuse.

Writing what has no form in JSON raises TypeError. Mappings are read as new dictionaries that the caller may keep.
"""

NAMES = AsText(_list, _names)
"""A list of names. Many rows hold the same one, so the tuples are shared."""

KEYS = AsText(_joined, _parted)
"""Public keys of a machine ("ssh-ed25519 AAAA…"), which have no commas. NULL for none, as most are not told yet."""
