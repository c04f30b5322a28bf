"""The version of the tables, and the way from each older version to the newest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, insert, inspect, select, text, update

from stackward.errors import StateError
from stackward.state.databases import Database, use_write_ahead_log
from stackward.state.tables import metadata, schema

Migration = Callable[[Connection], None]


def _add_maintenance(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE stackward_maintenance (stack TEXT NOT NULL, instance TEXT NOT NULL, why TEXT NOT NULL, "
            "actor TEXT NOT NULL, since TEXT NOT NULL, until TEXT, PRIMARY KEY (stack, instance), "
            "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))"
        )
    )


def _add_healing(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_instances ADD COLUMN remedy TEXT"))
    connection.execute(
        text(
            "CREATE TABLE stackward_pauses (stack TEXT NOT NULL, what TEXT NOT NULL, why TEXT NOT NULL, "
            "actor TEXT NOT NULL, since TEXT NOT NULL, until TEXT, PRIMARY KEY (stack, what), "
            "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))"
        )
    )
    connection.execute(
        text(
            "CREATE TABLE stackward_sightings (stack TEXT NOT NULL, instance TEXT NOT NULL, witness TEXT NOT NULL, "
            "answer TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL, since TEXT NOT NULL, "
            "PRIMARY KEY (stack, instance, witness), FOREIGN KEY(stack) REFERENCES stackward_stacks (name))"
        )
    )


def _add_metrics(connection: Connection) -> None:
    number = (
        "BIGSERIAL PRIMARY KEY"
        if connection.dialect.name == "postgresql"
        else "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"
    )
    wide = "DOUBLE PRECISION" if connection.dialect.name == "postgresql" else "DOUBLE"
    for statement in (
        "CREATE TABLE stackward_samples (stack TEXT NOT NULL, subject TEXT NOT NULL, metric TEXT NOT NULL, "
        "span INTEGER NOT NULL, slot BIGINT NOT NULL, at BIGINT NOT NULL, "
        f"value {wide}, source TEXT NOT NULL, PRIMARY KEY (stack, subject, metric, span, slot), "
        "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))",
        "CREATE INDEX stackward_samples_slot ON stackward_samples (stack, span, slot)",
        "CREATE TABLE stackward_alarms (stack TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, "
        "since TEXT NOT NULL, at TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (stack, name), "
        "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))",
        "CREATE TABLE stackward_collections (stack TEXT NOT NULL, source TEXT NOT NULL, at TEXT NOT NULL, "
        "failure TEXT NOT NULL, PRIMARY KEY (stack, source), "
        "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))",
        "CREATE TABLE stackward_load_memories (stack TEXT NOT NULL, layer TEXT NOT NULL, windows TEXT NOT NULL, "
        "evaluation TEXT NOT NULL, PRIMARY KEY (stack, layer), "
        "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))",
        f"CREATE TABLE stackward_evaluations (id {number}, stack TEXT NOT NULL, layer TEXT NOT NULL, "
        "at TEXT NOT NULL, data TEXT NOT NULL, FOREIGN KEY(stack) REFERENCES stackward_stacks (name))",
        "CREATE INDEX stackward_evaluations_layer ON stackward_evaluations (stack, layer, id)",
    ):
        connection.execute(text(statement))


def _add_agents(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE stackward_agents (stack TEXT NOT NULL, instance TEXT NOT NULL, token TEXT NOT NULL, "
            "issued TEXT NOT NULL, number BIGINT, heard TEXT, vitals TEXT, PRIMARY KEY (stack, instance), "
            "UNIQUE (token), FOREIGN KEY(stack, instance) "
            "REFERENCES stackward_instances (stack, name) ON DELETE CASCADE)"
        )
    )
    connection.execute(
        text(
            "CREATE TABLE stackward_listeners (stack TEXT NOT NULL, name TEXT NOT NULL, since TEXT NOT NULL, "
            "at TEXT NOT NULL, PRIMARY KEY (stack, name), FOREIGN KEY(stack) REFERENCES stackward_stacks (name))"
        )
    )


def _add_rollouts(connection: Connection) -> None:
    number = "BIGSERIAL" if connection.dialect.name == "postgresql" else "INTEGER"
    double = "DOUBLE PRECISION" if connection.dialect.name == "postgresql" else "DOUBLE"
    order = " AUTOINCREMENT" if connection.dialect.name == "sqlite" else ""
    connection.execute(text("ALTER TABLE stackward_releases ADD COLUMN digest TEXT"))
    connection.execute(
        text(
            f"CREATE TABLE stackward_rollouts (id {number} NOT NULL PRIMARY KEY{order}, stack TEXT NOT NULL, "
            "app TEXT NOT NULL, kind TEXT NOT NULL, release TEXT NOT NULL, revision TEXT NOT NULL, "
            "before_release TEXT NOT NULL, before_revision TEXT NOT NULL, status TEXT NOT NULL, actor TEXT NOT NULL, "
            "reason TEXT NOT NULL, host TEXT NOT NULL, process BIGINT NOT NULL, "
            f"process_started {double} NOT NULL, started TEXT NOT NULL, batch BIGINT, finished TEXT, "
            "failure TEXT NOT NULL, migrated BOOLEAN NOT NULL, results TEXT NOT NULL, "
            "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))"
        )
    )
    connection.execute(text("CREATE INDEX stackward_rollouts_app ON stackward_rollouts (stack, app, id)"))


def _add_stopped_apps(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_deployments ADD COLUMN running BOOLEAN"))


def _add_zones(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_instances ADD COLUMN zone TEXT"))


def _add_host_keys(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_instances ADD COLUMN host_keys TEXT"))


def _add_what_ran(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_instances ADD COLUMN ran TEXT"))


def _add_forced_stops(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_instances ADD COLUMN forced BOOLEAN"))


def _add_resources(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE stackward_resources (stack TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, "
            "data TEXT NOT NULL, PRIMARY KEY (stack, kind, name), "
            "FOREIGN KEY(stack) REFERENCES stackward_stacks (name))"
        )
    )


def _add_what_deploys_leave(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_releases ADD COLUMN port INTEGER"))
    connection.execute(text("ALTER TABLE stackward_releases ADD COLUMN hooks TEXT"))


def _add_what_layers_were(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_instances ADD COLUMN uses TEXT"))


def _add_ways_into_the_journal(connection: Connection) -> None:
    connection.execute(text("CREATE INDEX stackward_journal_kind ON stackward_journal (stack, instance, kind, id)"))
    connection.execute(text("CREATE INDEX stackward_journal_run ON stackward_journal (stack, run, kind)"))


def _add_lost_instances(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stackward_commands ADD COLUMN lost BOOLEAN NOT NULL DEFAULT false"))


MIGRATIONS: tuple[Migration, ...] = (
    _add_maintenance,
    _add_healing,
    _add_metrics,
    _add_agents,
    _add_rollouts,
    _add_stopped_apps,
    _add_zones,
    _add_host_keys,
    _add_what_ran,
    _add_resources,
    _add_what_deploys_leave,
    _add_what_layers_were,
    _add_forced_stops,
    _add_ways_into_the_journal,
    _add_lost_instances,
)
"""The first brings version 1 to version 2, and so on. A released one never changes."""

_FIRST = 1
_ONE_AT_A_TIME = 7_355_608_142_019
"""PostgreSQL's advisory lock while tables are made: any number, always the same."""


def bring_up_to_date(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Create the tables, or change older ones step by step; several processes may do so at once.

    Raises StateError, and changes nothing, if the state is of a newer version or the file is of another program.
    """
    newest = _FIRST + len(migrations)
    with database.engine.connect().execution_options(**database.reading) as connection, connection.begin():
        version = _version(connection)
        _refuse_foreign(connection, version, newest, database.place)
    if version == newest:
        return
    use_write_ahead_log(database)
    with database.engine.connect().execution_options(**database.writing) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
        version = _version(connection)
        _refuse_foreign(connection, version, newest, database.place)
        if version is None:
            metadata.create_all(connection)
            connection.execute(insert(schema).values(version=newest))
            return
        for migrate in migrations[version - _FIRST :]:
            migrate(connection)
        connection.execute(update(schema).values(version=newest))


def _version(connection: Connection) -> int | None:
    """The version of the tables that are there, None without tables."""
    if not connection.dialect.has_table(connection, schema.name):
        return None
    version: int = connection.execute(select(schema.c.version)).scalar_one()
    return version


def _refuse_foreign(connection: Connection, version: int | None, newest: int, place: str) -> None:
    if version is not None and version > newest:
        raise StateError(
            f"The state {place} was written by a newer Stackward (its tables have version {version}, this one knows "
            f"{newest}). Nothing was changed. Upgrade Stackward here too."
        )
    if version is None and connection.dialect.name == "sqlite" and inspect(connection).get_table_names():
        raise StateError(
            f"The state {place} is the database of another program. Nothing was changed. Give the state its own file."
        )
