import contextlib
import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from stackward.errors import StateError
from stackward.state.store import Store, open_store
from tests.contract.state.children import fork, succeed
from tests.contract.state.examples import NOW, claimed_instance

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the state is."""
    return tmp_path / "shop.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """A store with one claimed instance."""
    with open_store(f"sqlite:///{path}") as opened:
        claimed_instance(opened)
        yield opened


def refused(path: Path, said: str):
    with pytest.raises(StateError, match=said) as caught:
        open_store(f"sqlite:///{path}", busy_timeout=0.1)
    assert str(path) in str(caught.value)


def test_only_the_owner_may_read_a_new_state_and_its_folder_is_made(tmp_path: Path):
    path = tmp_path / "new" / "var" / "shop.db"
    with open_store(f"sqlite:///{path}") as store, store.transaction("shop"):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"shop.db": 0o600, "shop.db-wal": 0o600, "shop.db-shm": 0o600}


def test_the_mode_that_somebody_gave_a_state_stays(store: Store, path: Path):
    path.chmod(0o640)
    open_store(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_an_empty_file_becomes_a_state(path: Path):
    path.touch()
    with open_store(f"sqlite:///{path}") as store:
        assert store.stacks() == ()


def test_a_file_that_is_no_database_is_left_as_it_is(path: Path):
    path.write_bytes(b"my diary\n" * 1000)
    refused(path, "is not a database. Nothing was changed: put its backup in its place")
    assert path.read_bytes() == b"my diary\n" * 1000


def test_the_database_of_another_program_is_left_as_it_is(path: Path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    refused(path, "is the database of another program. Nothing was changed")
    assert path.read_bytes() == before


def test_a_newer_state_is_left_as_it_is_to_the_last_byte(store: Store, path: Path):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE stackward_schema SET version = 99")
    before = path.read_bytes()
    refused(path, "Upgrade Stackward")
    assert path.read_bytes() == before


def test_a_damaged_state_is_reported_when_it_is_opened(store: Store, path: Path):
    store.close()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)
    refused(path, "is corrupt. Put its backup in its place")


def test_damage_in_the_name_of_a_table_is_reported_though_sqlite_cannot_say_it(store: Store, path: Path):
    store.close()
    broken = path.read_bytes().replace(b"CREATE TABLE stackward_journal", b"CREASE TABLE stackward_journal")
    path.write_bytes(broken.replace(b"stackward_journal", b"stackwar\xcc_journal"))
    refused(path, "is corrupt. Put its backup in its place")


def test_damage_in_a_text_is_reported_when_it_is_read(store: Store, path: Path):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE stackward_instances SET name = CAST(x'77cc31' AS TEXT)")
    with pytest.raises(StateError, match=r"is corrupt\. Put its backup in its place"):
        store.snapshot("shop")


def test_damage_in_data_is_reported_when_it_is_read(store: Store, path: Path):
    with store.transaction("shop") as transaction:
        transaction.note("request", "to be online", actor="anna", now=NOW)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE stackward_journal SET data = '{\"x\": '")
    with pytest.raises(StateError, match=r"is corrupt\. Put its backup in its place"):
        store.journal("shop")


def test_damage_that_appears_later_is_reported_when_it_is_met(store: Store, path: Path):
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StateError, match="corrupt"):
        store.snapshot("shop")


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path):
    (tmp_path / "var").touch()
    refused(tmp_path / "var" / "shop.db", r"cannot be opened or created: .*needs read and write access to the file")


def test_a_folder_in_place_of_the_file_is_named(path: Path):
    path.mkdir()
    refused(path, "cannot be opened or created: Is a directory")


@pytest.fixture
def public_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that anybody may enter and read, and nobody but its owner may write."""
    folder = Path(os.path.realpath("/tmp")) / f"stackward-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield folder
    folder.chmod(0o755)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def without_privileges():
    """Root may write everywhere; give that up for good."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def test_a_state_that_may_only_be_read_is_refused(public_folder: Path):
    path = public_folder / "shop.db"
    open_store(f"sqlite:///{path}").close()
    path.chmod(0o444)
    public_folder.chmod(0o555)

    def open_it():
        without_privileges()
        refused(path, "cannot be opened or created: Permission denied")

    succeed(fork(open_it))


def test_a_folder_that_may_only_be_read_is_refused_even_if_the_file_may_be_written(public_folder: Path):
    path = public_folder / "shop.db"
    open_store(f"sqlite:///{path}").close()
    path.chmod(0o666)
    public_folder.chmod(0o555)

    def open_it():
        without_privileges()
        refused(path, "write access to the file and to its folder")

    succeed(fork(open_it))


def test_a_folder_where_nothing_may_be_made_is_refused(public_folder: Path):
    public_folder.chmod(0o555)

    def open_it():
        without_privileges()
        refused(public_folder / "shop.db", "cannot be opened or created: Permission denied")

    succeed(fork(open_it))


def write_much(store: Store):
    with store.transaction("shop") as transaction:
        transaction.put_instance("web2", ("web",), NOW)
        transaction.remember_definition("big", "x" * 1_000_000, NOW)


def test_a_full_disk_loses_nothing_that_was_saved(store: Store):
    before = store.snapshot("shop")

    def leave_no_room(connection: sqlite3.Connection, _record: object):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", leave_no_room)
    try:
        with pytest.raises(StateError, match=r"the disk is full\. Nothing of this step was saved"):
            write_much(store)
    finally:
        event.remove(Engine, "connect", leave_no_room)
    assert store.snapshot("shop") == before
    write_much(store)


def test_a_file_that_may_not_grow_further_loses_nothing_that_was_saved(store: Store, path: Path):
    before = store.snapshot("shop")

    def write():
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, resource.RLIM_INFINITY))
        with pytest.raises(StateError, match=r"Nothing of this step was saved"):
            write_much(store)

    succeed(fork(write))
    assert store.snapshot("shop") == before
    write_much(store)


def test_a_state_that_another_program_holds_is_reported_as_locked(path: Path):
    path.touch()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        refused(path, "is locked by another process")


def test_a_path_is_meant_from_where_the_program_was_when_it_opened_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///var/shop.db") as store:
        monkeypatch.chdir("/")
        claimed_instance(store)
        succeed(fork(lambda: store.snapshot("shop").instances["web1"]))
    assert (tmp_path / "var" / "shop.db").exists()


def test_a_state_whose_file_is_taken_away_is_not_begun_anew_and_goes_on_when_it_is_back(tmp_path):
    path = tmp_path / "state with ? and # and %20.db"
    with open_store(f"sqlite:///{str(path).replace('%', '%25').replace('?', '%3F')}") as store:
        claimed_instance(store)
        before = store.snapshot("shop")
        path.rename(tmp_path / "away")
        for act in (lambda: store.snapshot("shop"), lambda: claimed_instance(store)):
            with pytest.raises(StateError, match="cannot be opened"):
                act()
        assert not path.exists()
        (tmp_path / "away").rename(path)
        assert store.snapshot("shop") == before
