"""The database access of an app: credentials are made once, kept in the store, and never shown."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace

from stackward.definition.database import MASTER, Database, DatabaseEngine
from stackward.definition.model import App, Secret, Stack
from stackward.errors import StackwardError
from stackward.known_resource import ResourceKind
from stackward.layers import built_in
from stackward.layers.context import DatabaseAccess
from stackward.layers.database_kind import MYSQL, POSTGRESQL
from stackward.lifecycle.states import MEMBERS
from stackward.state.records import StackState
from stackward.state.transaction import StackTransaction

KINDS = {DatabaseEngine.POSTGRESQL: POSTGRESQL, DatabaseEngine.MYSQL: MYSQL}


def access(transaction: StackTransaction, stack: Stack, state: StackState, app: App) -> DatabaseAccess | None:
    """How the app reaches its database; None for an app without one. Credentials are generated at the first call."""
    if app.database is None:
        return None
    if app.database in stack.databases:
        return _beside(transaction, app, stack.databases[app.database])
    password = transaction.secret(app.name, "database password", lambda: secrets.token_urlsafe(24))
    salt = transaction.secret(app.name, "database salt", lambda: base64.b64encode(secrets.token_bytes(16)).decode())
    name = app.name.replace("-", "_")
    kind = built_in(stack.layers[app.database]).database
    if kind is None:
        raise StackwardError(f"App {app.name}: its layer {app.database} is not a database.")
    return DatabaseAccess(
        app=app.name,
        layer=app.database,
        database=name,
        user=name,
        password=password,
        verifier=kind.verifier(password, base64.b64decode(salt)),
        host=_host(stack, state, app.database),
        port=kind.port,
        scheme=kind.scheme,
    )


def opened(
    stack: Stack, app: App, access: DatabaseAccess | None, decrypt: Callable[[str], str]
) -> DatabaseAccess | None:
    """The access with its password as text. Raises StackwardError where the database is not there yet."""
    if access is None or app.database is None or app.database not in stack.databases:
        return access
    if access.host is None:
        raise StackwardError(f"The database {app.database} of {app.name} is not there yet. Make it: stackward converge")
    given = stack.databases[app.database].password
    return replace(access, password=decrypt(given.ciphertext)) if isinstance(given, Secret) else access


def _beside(transaction: StackTransaction, app: App, database: Database) -> DatabaseAccess:
    """A database that is no layer: all apps that name it have its one login."""
    kind = KINDS[database.engine]
    made = {item.name: item.data for item in transaction.resources() if item.kind is ResourceKind.DATABASE}
    known = made.get(database.name, {})
    given = "" if isinstance(database.password, Secret) else database.password
    password = given if database.registered else passwords(transaction, database.name)
    return DatabaseAccess(
        app=app.name,
        layer=database.name,
        database=database.database,
        user=database.user or MASTER,
        password=password,
        verifier="",
        host=database.host or known.get("host"),
        port=database.port or known.get("port") or kind.port,
        scheme=kind.scheme,
    )


def passwords(transaction: StackTransaction, database: str) -> str:
    """The password of a database that the provider makes: generated once, before it is made."""
    return transaction.secret(database, "master password", lambda: secrets.token_urlsafe(24))


def _host(stack: Stack, state: StackState, layer: str) -> str | None:
    """The layer's first online instance, else the first that has an address already (it may still be in Setup)."""
    addresses = [
        (record.state not in MEMBERS, order, record.machine.address)
        for order, (name, instance) in enumerate(stack.instances.items())
        if layer in instance.layers
        and (record := state.instances.get(name)) is not None
        and record.machine is not None
        and record.machine.address is not None
    ]
    return min(addresses)[2] if addresses else None
