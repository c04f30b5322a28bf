from collections.abc import Iterator

import pytest

from stackward.errors import StateError
from stackward.state.store import Store, open_store
from tests.contract.state.children import fork, succeed
from tests.contract.state.examples import NOW, claimed_instance
from tests.postgresql_server import PostgresqlServer

pytestmark = pytest.mark.postgresql


@pytest.fixture
def url(postgresql_server: PostgresqlServer) -> str:
    """Where the state is."""
    return postgresql_server.create_database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with one claimed instance."""
    with open_store(url) as opened:
        claimed_instance(opened)
        yield opened


def database(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def test_a_server_that_is_not_there_is_named(postgresql_server: PostgresqlServer):
    with pytest.raises(StateError, match=r"postgresql://postgres@/x\?host=.*nowhere cannot be reached\. Check that"):
        open_store("postgresql://postgres@/x?host=/nowhere")


def test_a_database_that_is_not_there_is_named(postgresql_server: PostgresqlServer):
    with pytest.raises(StateError, match=r'cannot be reached.*database "never" does not exist'):
        open_store(postgresql_server.url("never"))


def test_a_user_who_may_not_make_tables_is_told_so(postgresql_server: PostgresqlServer, url: str):
    with postgresql_server.connect(database(url)) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
    with pytest.raises(StateError, match="Give this user the right to create and change tables"):
        open_store(url.replace("postgres@", "reader@"))


def test_a_connection_lost_in_the_middle_undoes_the_transaction_and_the_next_one_works(
    postgresql_server: PostgresqlServer, url: str, store: Store
):
    def break_off():
        with store.transaction("shop") as transaction:
            transaction.bump_generation("never", "x", NOW)
            with postgresql_server.connect("postgres") as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = %s", [database(url)]
                )
            transaction.bump_generation("never", "x", NOW)

    with pytest.raises(StateError, match="the connection was lost"):
        break_off()
    with store.transaction("shop") as transaction:
        assert transaction.bump_generation("goes on", "x", NOW) == 1


def test_a_server_that_crashes_is_reported_and_used_again_when_it_is_back(
    postgresql_server: PostgresqlServer, store: Store
):
    before = store.snapshot("shop")
    postgresql_server.stop()
    try:
        with pytest.raises(StateError, match=r"cannot be reached|connection was lost"):
            store.snapshot("shop")
    finally:
        postgresql_server.start()
    assert store.snapshot("shop") == before


def test_a_full_disk_loses_nothing_that_was_saved(postgresql_server: PostgresqlServer, url: str, store: Store):
    before = store.snapshot("shop")
    with postgresql_server.connect(database(url)) as connection:
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute("CREATE TRIGGER full_disk BEFORE INSERT ON stackward_journal EXECUTE FUNCTION full_disk()")

    def write():
        with store.transaction("shop") as transaction:
            transaction.put_instance("web2", ("web",), NOW)
            transaction.note("never", "", actor="x", now=NOW)

    with pytest.raises(StateError, match=r"disk is full\. Nothing of this step"):
        write()
    assert store.snapshot("shop") == before


def test_another_stack_is_not_held_up(url: str, store: Store):
    with open_store(url, busy_timeout=0.1) as other, store.transaction("shop"), other.transaction("lab") as transaction:
        transaction.put_instance("web1", ("web",), NOW)
    assert store.stacks() == ("lab", "shop")


def test_a_stack_that_is_forgotten_while_another_run_waits_for_it_begins_anew(url: str, store: Store):
    def write():
        with open_store(url) as other, other.transaction("shop") as transaction:
            transaction.bump_generation("anew", "x", NOW)

    with store.transaction("shop") as transaction:
        transaction.forget_stack()
        child = fork(write)
    succeed(child)
    assert store.snapshot("shop").generation == 1
    assert store.snapshot("shop").instances == {}
