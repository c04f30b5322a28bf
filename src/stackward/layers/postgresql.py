"""A PostgreSQL server: a database and a role for each app, reachable by the app's online instances only.

Nothing here ever drops data: an app that has left the file loses its login at the next Configure, not its data.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field

from stackward.layers import database_kind
from stackward.layers.built_in import BuiltInLayer, LayerSettings, settings_of
from stackward.layers.context import DatabaseAccess, LayerContext
from stackward.layers.database_clients import clients
from stackward.layers.rendering import rendered
from stackward.layers.resources import File, Packages, Resource, Run, Service
from stackward.layers.service_values import ParameterValue, free_of
from stackward.layers.stopping import stopped
from stackward.layers.volumes import mount_below
from stackward.lifecycle.events import Event

_OF_THE_LAYER = frozenset({"port", "data_directory", "config_file", "hba_file", "unix_socket_directories"})
"""Where the layer and the apps look for the server and its data."""

Parameter = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_.]*$"), AfterValidator(free_of(_OF_THE_LAYER))]

DATA = "/var/lib/postgresql"
CONFIGURATION = "/etc/stackward/postgresql"
"""A link to the configuration folder of the cluster, whichever version the distribution has."""

_PARAMETERS: dict[str, str | bool | int | float] = {
    "listen_addresses": "*",
    "password_encryption": "scram-sha-256",
    "ssl": True,
    "ssl_cert_file": "/etc/ssl/certs/ssl-cert-snakeoil.pem",
    "ssl_key_file": "/etc/ssl/private/ssl-cert-snakeoil.key",
}

_PSQL = (
    "sh",
    "-c",
    'for psql in /usr/lib/postgresql/*/bin/psql; do :; done; exec "$psql" "$@"',
    "psql",
    "--no-psqlrc",
    "--no-align",
    "--tuples-only",
    "--quiet",
    "--set=ON_ERROR_STOP=1",
)


class PostgresqlSettings(LayerSettings):
    """Settings of a database layer."""

    parameters: dict[Parameter, ParameterValue] = Field(
        default_factory=dict, description="Server parameters, as in postgresql.conf; they win over the layer's own."
    )


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    mount = mount_below(context.stack.volumes_of(context.instance), DATA)
    return (
        Run(
            name="PostgreSQL's account, as on the volume",
            command=("sh", "-c", _account_script(), "account", DATA),
            unless=("sh", "-c", 'getent passwd postgres || ! ls "$0"/*/main/PG_VERSION', DATA),
        ),
        Packages(name="PostgreSQL", packages=("postgresql",)),
        Run(
            name="PostgreSQL's cluster",
            command=("sh", "-c", rendered("postgresql_cluster.sh.j2"), "cluster", DATA, CONFIGURATION, mount),
            unless=("sh", "-c", rendered("postgresql_ready.sh.j2"), "ready", DATA, CONFIGURATION, mount),
        ),
        *_configure(context),
    )


def _account_script() -> str:
    # The versions that a volume holds are known on the host only.
    return 'set -- postgres "$1" "$1"/*/main/PG_VERSION\n' + rendered("data_account.sh.j2")


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, PostgresqlSettings)
    parameters = {**_PARAMETERS, **settings.parameters}
    return (
        File(
            name="PostgreSQL's parameters",
            path=f"{CONFIGURATION}/conf.d/stackward.conf",
            content=rendered("postgresql.conf.j2", parameters={k: _literal(v) for k, v in parameters.items()}),
            mode="0644",
            notify=("restart:postgresql.service",),
            owner="postgres",
            group="postgres",
        ),
        File(
            name="PostgreSQL's clients",
            path=f"{CONFIGURATION}/pg_hba.conf",
            content=rendered("pg_hba.conf.j2", clients=_clients(context)),
            mode="0640",
            notify=("reload:postgresql.service",),
            owner="postgres",
            group="postgres",
        ),
        Service(name="PostgreSQL", unit="postgresql.service"),
        *_logins(context.databases),
    )


def _clients(context: LayerContext) -> list[tuple[str, str, str, str]]:
    return [
        (_quoted(access.database), _quoted(access.user), _network(address), instance)
        for access, address, instance in clients(context)
    ]


def _logins(databases: tuple[DatabaseAccess, ...]) -> tuple[Resource, ...]:
    wanted = sorted(databases, key=lambda access: access.user)
    expected = "".join(f"{access.user}|t|{access.verifier}|{access.database}|{access.user}|f\n" for access in wanted)
    roles = [
        {
            "role": _text(access.user),
            "role_name": _quoted(access.user),
            "verifier": _text(access.verifier),
            "database": _text(access.database),
            "database_name": _quoted(access.database),
        }
        for access in wanted
    ]
    return (
        Run(
            name="databases and roles",
            command=_PSQL,
            unless=(*_PSQL, "--command", rendered("postgresql_state.sql.j2", roles=roles)),
            unless_output=expected,
            input=rendered("postgresql_roles.sql.j2", roles=roles),
            user="postgres",
            directory=DATA,
            environment={"PGOPTIONS": "-c client_min_messages=error"},
            secret=True,
        ),
    )


def _shutdown(context: LayerContext) -> tuple[Resource, ...]:  # noqa: ARG001 every part takes the context
    return (stopped("PostgreSQL stops", "postgresql.service"),)


def _network(address: str) -> str:
    try:
        return str(ipaddress.ip_network(address))
    except ValueError:
        return address


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _literal(value: str | float) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return _text(value) if isinstance(value, str) else str(value)


POSTGRESQL = BuiltInLayer(
    name="postgresql",
    settings=PostgresqlSettings,
    database=database_kind.POSTGRESQL,
    alone=True,
    units=("postgresql.service",),
    events={
        Event.SETUP: _setup,
        Event.CONFIGURE: _configure,
        Event.SHUTDOWN: _shutdown,
    },
)
