"""The database access of an app: credentials are made once, kept in the store, and never shown."""

from __future__ import annotations

import base64
import secrets

from stackward.definition.model import App, Stack
from stackward.errors import StackwardError
from stackward.layers import built_in
from stackward.layers.context import DatabaseAccess
from stackward.lifecycle.states import MEMBERS
from stackward.state.records import StackState
from stackward.state.transaction import StackTransaction


def access(transaction: StackTransaction, stack: Stack, state: StackState, app: App) -> DatabaseAccess | None:
    """How the app reaches its database; None for an app without one. Credentials are generated at the first call."""
    if app.database is None:
        return None
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
