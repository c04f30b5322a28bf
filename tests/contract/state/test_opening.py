import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, inspect, text

from stackward.errors import StateError
from stackward.state.databases import connect
from stackward.state.migrations import MIGRATIONS, bring_up_to_date
from stackward.state.records import Maintenance
from stackward.state.store import open_store
from tests.contract.state.examples import NOW, claimed_instance

NEWEST = 1 + len(MIGRATIONS)

MEASURED = (
    "stackward_samples",
    "stackward_alarms",
    "stackward_collections",
    "stackward_load_memories",
    "stackward_evaluations",
)


def run_sql(url: str, *statements: str) -> list[tuple]:
    """Statements as somebody else would give them. Returns the last one's rows."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def test_a_state_is_there_again_when_it_is_opened_again(url: str):
    with open_store(url) as store:
        claimed_instance(store)
        before = store.snapshot("shop")
    with open_store(url) as store:
        assert store.snapshot("shop") == before


def test_a_state_of_a_newer_version_is_left_alone(url: str):
    with open_store(url) as store:
        claimed_instance(store)
    run_sql(url, "UPDATE stackward_schema SET version = 99")
    newer = (
        rf"newer Stackward \(its tables have version 99, this one knows {NEWEST}\)\. "
        r"Nothing was changed\. Upgrade Stackward"
    )
    with pytest.raises(StateError, match=newer):
        open_store(url)
    assert run_sql(url, "SELECT version FROM stackward_schema") == [(99,)]
    assert run_sql(url, "SELECT name FROM stackward_instances") == [("web1",)]


def test_an_older_state_goes_through_each_migration_once_and_in_order(url: str):
    with open_store(url) as store:
        claimed_instance(store)
    steps = [
        lambda connection: connection.execute(text("ALTER TABLE stackward_instances ADD COLUMN colour TEXT")),
        lambda connection: connection.execute(text("UPDATE stackward_instances SET colour = 'green'")),
    ]
    for _ in range(2):
        bring_up_to_date(connect(url, 5), [*MIGRATIONS, *steps])
    assert run_sql(url, "SELECT name, colour FROM stackward_instances") == [("web1", "green")]
    assert run_sql(url, "SELECT version FROM stackward_schema") == [(NEWEST + len(steps),)]


def test_a_migration_that_fails_changes_nothing(url: str):
    open_store(url).close()

    def fail(connection):
        connection.execute(text("DROP TABLE stackward_log"))
        raise sqlite3.OperationalError("no")

    with pytest.raises(sqlite3.OperationalError):
        bring_up_to_date(connect(url, 5), [*MIGRATIONS, fail])
    assert run_sql(url, "SELECT version FROM stackward_schema") == [(NEWEST,)]
    with open_store(url) as store:
        assert store.log(1) == ()


def columns(url: str, table: str) -> list[tuple]:
    """Name, type, and whether it may be empty, of each column, and which of them are the key."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    seen = inspect(engine)
    found = [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)]
    keys = (tuple(seen.get_pk_constraint(table)["constrained_columns"]),)
    foreign = tuple(key["referred_table"] for key in seen.get_foreign_keys(table))
    engine.dispose()
    return [*found, keys, foreign]


def indexes(url: str, table: str) -> dict[str, list[str]]:
    """The indexes of a table, with their columns."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    found = {index["name"]: index["column_names"] for index in inspect(engine).get_indexes(table)}
    engine.dispose()
    return found


def test_a_state_of_version_1_gets_the_table_of_maintenance_and_keeps_what_it_has(new_url: Callable[[], str]):
    fresh, old = new_url(), new_url()
    open_store(fresh).close()
    with open_store(old) as store:
        claimed_instance(store)
    run_sql(
        old,
        "DROP TABLE stackward_maintenance",
        "DROP TABLE stackward_pauses",
        "DROP TABLE stackward_sightings",
        "DROP TABLE stackward_agents",
        "DROP TABLE stackward_listeners",
        *(f"DROP TABLE {table}" for table in MEASURED),
        "DROP TABLE stackward_rollouts",
        "DROP TABLE stackward_resources",
        "ALTER TABLE stackward_releases DROP COLUMN digest",
        "ALTER TABLE stackward_releases DROP COLUMN port",
        "ALTER TABLE stackward_releases DROP COLUMN hooks",
        "ALTER TABLE stackward_deployments DROP COLUMN running",
        "ALTER TABLE stackward_instances DROP COLUMN remedy",
        "ALTER TABLE stackward_instances DROP COLUMN zone",
        "ALTER TABLE stackward_instances DROP COLUMN host_keys",
        "ALTER TABLE stackward_instances DROP COLUMN ran",
        "ALTER TABLE stackward_instances DROP COLUMN uses",
        "ALTER TABLE stackward_instances DROP COLUMN forced",
        "DROP INDEX stackward_journal_kind",
        "DROP INDEX stackward_journal_run",
        "ALTER TABLE stackward_commands DROP COLUMN lost",
        "UPDATE stackward_schema SET version = 1",
    )
    with open_store(old) as store:
        assert list(store.snapshot("shop").instances) == ["web1"]
        assert store.snapshot("shop").maintenance == {}
        with store.transaction("shop") as transaction:
            transaction.take_aside(Maintenance("web1", "new disk", "anna", NOW))
        assert list(store.snapshot("shop").maintenance) == ["web1"]
    assert run_sql(old, "SELECT version FROM stackward_schema") == [(NEWEST,)]
    for table in (
        "stackward_maintenance",
        "stackward_rollouts",
        "stackward_commands",
        "stackward_resources",
        "stackward_deployments",
        "stackward_releases",
        "stackward_agents",
        "stackward_listeners",
        *MEASURED,
    ):
        assert columns(old, table) == columns(fresh, table)
    assert indexes(old, "stackward_journal") == indexes(fresh, "stackward_journal")


def test_opening_says_nothing_of_stacks_that_are_not_there(new_url: Callable[[], str]):
    with open_store(new_url()) as store:
        assert store.stacks() == ()
        assert store.definition("x") is None
        assert store.commands("shop") == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("no url", "cannot be read"),
        ("", "cannot be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mysql://root@localhost/x", r"cannot be kept in mysql\. Use sqlite:///FILE or postgresql"),
    ],
)
def test_a_url_that_cannot_hold_a_state_is_refused_with_what_would_be_right(given: str, said: str):
    with pytest.raises(StateError, match=said):
        open_store(given)


def test_a_password_is_in_no_message():
    with pytest.raises(StateError, match=r"postgresql://alice:\*\*\*@127\.0\.0\.1:1/x cannot be reached") as caught:
        open_store("postgresql://alice:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(caught.value)


def test_a_statements_values_are_in_no_message(url: str):
    with open_store(url) as store:
        run_sql(url, "DROP TABLE stackward_secrets")
        with pytest.raises(StateError) as caught, store.transaction("shop") as transaction:
            transaction.secret("x", "password", lambda: "hunter2")
        assert "hunter2" not in f"{caught.value}{caught.value.__cause__}"
        with store.transaction("shop") as transaction:
            transaction.put_instance("web1", ("web",), NOW)
