"""What errors of a database mean, where they cannot be brought about."""

import sqlite3

from sqlalchemy.exc import OperationalError

from stackward.state.failures import sentence


def test_a_disk_that_is_full_is_told_to_readers_too_as_what_it_is():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    told = sentence("in /var/state.db", OperationalError("SELECT 1", {}, error))
    assert "the disk is full" in told
