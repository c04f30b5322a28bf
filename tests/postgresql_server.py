"""A real PostgreSQL server for tests: its own data, reached by a Unix socket, gone when the tests are."""

from __future__ import annotations

import atexit
import os
import pwd
import select
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.held_port import held_port

_PREFIX = "stackward-postgresql-"
_BINARIES = Path("/usr/lib/postgresql")


class PostgresqlUnavailableError(RuntimeError):
    """The machine cannot run PostgreSQL; the message says what to install."""


class PostgresqlServer:
    """One server with as many databases as tests ask for. It is not durable: nothing waits for a disk.

    At `address` it also takes logins with passwords, on `port`; without one, nobody else reaches it.
    """

    def __init__(self, address: str = "") -> None:
        self.address = address
        self._holding = ExitStack()
        self.port = self._holding.enter_context(held_port(address)) if address else 5432
        self._binaries = _newest_binaries()
        self._account = _account()
        remove_leftovers()
        memory = Path("/dev/shm")
        place = memory if os.access(memory, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        self._owner = os.getpid()
        self._databases = 0
        (self.folder / "owner").write_text(_identity(self._owner))
        if os.geteuid() == 0:
            shutil.chown(self.folder, self._account.pw_name, self._account.pw_gid)
        atexit.register(self.close)
        self._run(
            "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"
        )
        if address:
            with (self.folder / "data" / "pg_hba.conf").open("a") as admitted:
                admitted.write("host all all 0.0.0.0/0 scram-sha-256\n")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        settings = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "200"}
        options = " ".join(
            [
                f"-k {self.folder} -h '{self.address}' -p {self.port}",
                *(f"-c {name}={value}" for name, value in settings.items()),
            ]
        )
        self._run("pg_ctl", "-D", "data", "-w", "-t", "60", "-l", "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop the server at once, as a crash would; the databases stay."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def create_database(self) -> str:
        """Create an empty database. Returns its URL."""
        self._databases += 1
        name = f"state{self._databases}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str) -> str:
        """The URL of a database of this server, whether it exists or not."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"

    def connect(self, database: str) -> psycopg.Connection:
        """Open a connection beside those of the code under test."""
        return psycopg.connect(host=str(self.folder), port=self.port, user="postgres", dbname=database, autocommit=True)

    def close(self) -> None:
        """Stop the server and remove its data. A forked child leaves its parent's server alone."""
        if os.getpid() == self._owner and self.folder.exists():
            _remove(self.folder)
            self._holding.close()

    def _run(self, program: str, *arguments: str) -> None:
        if os.geteuid() == 0:
            # The server refuses to run as root.
            account = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        else:
            account = {}
        # To a file, because the server inherits it: a pipe would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(self._binaries / program), *arguments],
                cwd=self.folder,
                env={"PATH": f"{self._binaries}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **account,
            )
            output.seek(0)
            if done.returncode:
                raise PostgresqlUnavailableError(f"{program} failed: {output.read().decode(errors='replace')}")


def remove_leftovers() -> None:
    """Stop servers, and remove their data, whose test run was killed."""
    for parent in {Path("/dev/shm"), Path(tempfile.gettempdir())}:
        for owner in parent.glob(f"{_PREFIX}*/owner"):
            try:
                identity = owner.read_text()
            except FileNotFoundError:
                continue  # another test run is removing it
            if identity and identity != _identity(int(identity.split()[0])):
                _remove(owner.parent)


def _remove(folder: Path) -> None:
    try:
        process = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        handle = os.pidfd_open(process)
        if str(folder).encode() in Path(f"/proc/{process}/cmdline").read_bytes():
            signal.pidfd_send_signal(handle, signal.SIGQUIT)
            select.select([handle], [], [], 30)
        os.close(handle)
    except (FileNotFoundError, ProcessLookupError):
        pass  # it does not run
    shutil.rmtree(folder, ignore_errors=True)


def _identity(process: int) -> str:
    """Number and start time of a process: together they are never given twice."""
    status = Path(f"/proc/{process}/stat")
    if not status.exists():
        return f"{process} gone"
    return f"{process} {status.read_text().rpartition(')')[2].split()[19]}"


def _newest_binaries() -> Path:
    found = sorted(_BINARIES.glob("*/bin"), key=lambda path: float(path.parent.name))
    if not found:
        raise PostgresqlUnavailableError("PostgreSQL is not installed. Install it with: apt-get install postgresql")
    return found[-1]


def _account() -> pwd.struct_passwd:
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
