"""A MariaDB server: a database and an account for each app, for the addresses of the app's online instances only.

Nothing here ever drops data: an app that has left the file loses its account at the next Configure, not its data.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from stackward.layers import database_kind
from stackward.layers.built_in import BuiltInLayer, LayerSettings, settings_of
from stackward.layers.context import LayerContext
from stackward.layers.database_clients import clients
from stackward.layers.rendering import rendered
from stackward.layers.resources import File, Packages, Resource, Run, Service
from stackward.layers.service_values import ParameterValue, free_of
from stackward.layers.stopping import stopped
from stackward.layers.volumes import mount_below
from stackward.lifecycle.events import Event

_OF_THE_LAYER = frozenset({"port", "socket", "datadir", "skip_networking", "skip_grant_tables"})
"""Where the layer and the apps look for the server and its data."""

Parameter = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$"), AfterValidator(free_of(_OF_THE_LAYER))]

DATA = "/var/lib/mysql"
CONFIGURATION = "/etc/mysql/mariadb.conf.d/90-stackward.cnf"
_UNIT = "mariadb.service"
_PARAMETERS: dict[str, str | bool | int | float] = {
    "bind_address": "*",
    "skip_name_resolve": True,
    "ignore_db_dirs": "lost+found",
    "ssl_cert": "/etc/ssl/certs/ssl-cert-snakeoil.pem",
    "ssl_key": "/etc/ssl/private/ssl-cert-snakeoil.key",
}
_CLIENT = ("mariadb", "--batch", "--skip-column-names", "--raw", "--default-character-set=utf8mb4")


class MysqlSettings(LayerSettings):
    """Settings of a MariaDB layer."""

    parameters: dict[Parameter, ParameterValue] = Field(
        default_factory=dict,
        description="Server parameters, as in my.cnf with underscores; they win over the layer's own.",
    )


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    mount = mount_below(context.stack.volumes_of(context.instance), DATA)
    return (
        Run(
            name="MariaDB's account, as on the volume",
            command=("sh", "-c", rendered("data_account.sh.j2"), "account", "mysql", DATA, f"{DATA}/ibdata1"),
            unless=("sh", "-c", 'getent passwd mysql || ! test -e "$0/ibdata1"', DATA),
        ),
        Packages(name="MariaDB", packages=("mariadb-server", "ssl-cert")),
        Run(
            name="MariaDB may read its key",
            command=("usermod", "--append", "--groups", "ssl-cert", "mysql"),
            unless=("sh", "-c", "id --name --groups mysql | grep --quiet --word-regexp ssl-cert"),
            notify=(f"restart:{_UNIT}",),
        ),
        Run(
            name="MariaDB's data",
            command=("sh", "-c", rendered("mysql_data.sh.j2"), "data", DATA, mount),
            unless=("sh", "-c", rendered("mysql_ready.sh.j2"), "ready", DATA, mount),
        ),
        *_configure(context),
    )


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, MysqlSettings)
    parameters = {**_PARAMETERS, **settings.parameters}
    return (
        File(
            name="MariaDB's parameters",
            path=CONFIGURATION,
            content=rendered("mysql.cnf.j2", parameters={key: _literal(value) for key, value in parameters.items()}),
            # What is wrong goes to standard error; the whole help, which goes to standard output, says nothing.
            validate=("sh", "-c", 'exec mariadbd --defaults-file="$0" --user=mysql --verbose --help >/dev/null', "%s"),
            notify=(f"restart:{_UNIT}",),
        ),
        Service(name="MariaDB", unit=_UNIT),
        _accounts(context),
    )


def _accounts(context: LayerContext) -> Resource:
    """Bring the managed accounts to exactly those that are wanted, and make what databases are missing."""
    databases = sorted({access.database for access in context.databases})
    accounts = [
        {
            "account": f"{_text(access.user)}@{_text(address)}",
            "key": f"({_text(access.user)}, {_text(address)})",
            "verifier": _text(access.verifier),
            "database": _granted(access.database),
        }
        for access, address, _instance in clients(context)
    ]
    expected = [f"database\t{name}\n" for name in databases] + sorted(
        f"account\t{access.user}\t{address}\t{access.verifier}\t{_pattern(access.database)}\n"
        for access, address, _instance in clients(context)
    )
    return Run(
        name="databases and accounts",
        command=_CLIENT,
        unless=(*_CLIENT, "--execute", rendered("mysql_state.sql.j2", databases=[_text(name) for name in databases])),
        unless_output="".join(expected),
        input=rendered(
            "mysql_accounts.sql.j2", databases=[_name(database) for database in databases], accounts=accounts
        ),
        directory="/",
        secret=True,
    )


def _shutdown(context: LayerContext) -> tuple[Resource, ...]:  # noqa: ARG001 every part takes the context
    return (stopped("MariaDB stops", _UNIT),)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _name(value: str) -> str:
    return "`" + value.replace("`", "``") + "`"


def _pattern(database: str) -> str:
    """Return a database's name where MariaDB reads "_" as any character."""
    return database.replace("_", "\\_")


def _granted(database: str) -> str:
    return _name(_pattern(database))


def _literal(value: str | float) -> str:
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    if not isinstance(value, str):
        return str(value)
    return '"' + value.replace("\\", "\\\\") + '"'


MYSQL = BuiltInLayer(
    name="mysql",
    settings=MysqlSettings,
    database=database_kind.MYSQL,
    alone=True,
    units=(_UNIT,),
    events={Event.SETUP: _setup, Event.CONFIGURE: _configure, Event.SHUTDOWN: _shutdown},
)
