"""A database that is no layer of the stack: registered with its login, or made by the provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MASTER = "stackward"
"""Who logs in to a database that the provider has made."""


class DatabaseEngine(Enum):
    """What a database speaks. Named after the built-in layers that speak the same."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"

    @property
    def port(self) -> int:
        """Where such a database listens unless somebody says otherwise."""
        return 5432 if self is DatabaseEngine.POSTGRESQL else 3306


@dataclass(frozen=True, slots=True)
class Database:
    """A database beside the machines.

    With a `host` it is somebody's, reached with `user` and `password` (text or vault-encrypted). Without one the
    provider makes it: `size` in gibibytes, `version` as the provider names it, None for its own choice, and `options`
    of the provider's own. `database` is the name of the database within.
    """

    name: str
    engine: DatabaseEngine
    database: str
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: Any = field(default=None, repr=False)
    size: int = 20
    version: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def registered(self) -> bool:
        """Whether it is there without the provider's doing."""
        return self.host is not None


def identifier(stack: str, name: str) -> str:
    """What the provider calls a database that it makes: once in an account and region."""
    return f"stackward-{stack}-{name}".replace("_", "-")
