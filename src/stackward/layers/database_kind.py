"""What an app must know of a kind of database to log in, and what the database keeps instead of the password."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from stackward.layers import scram


@dataclass(frozen=True, slots=True)
class DatabaseKind:
    """A kind of database. `scheme` begins its URLs; `verifier` makes of password and salt what the server keeps."""

    scheme: str
    port: int
    verifier: Callable[[str, bytes], str]


def native_password(password: str, salt: bytes) -> str:  # noqa: ARG001 every verifier is asked alike
    """Return what MariaDB's plugin mysql_native_password keeps: SHA-1 of SHA-1, without a salt."""
    # The algorithm is the protocol's. The passwords are random, so no table of hashes holds them.
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


POSTGRESQL = DatabaseKind("postgresql", 5432, scram.verifier)
MYSQL = DatabaseKind("mysql", 3306, native_password)
