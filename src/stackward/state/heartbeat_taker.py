"""Takes heartbeats over a connection that stays open: opening one for each batch would cost more than the batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from stackward.state.databases import Database
from stackward.state.failures import explained
from stackward.state.forking import NO_FORK
from stackward.state.heartbeats import Heartbeat, Taken, take


class HeartbeatTaker:
    """One connection for heartbeats. It belongs to the thread that uses it first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def take(self, beats: Sequence[Heartbeat], now: datetime) -> tuple[Taken, ...]:
        """Take heartbeats in one transaction, as `Store.take_heartbeats` does. After an error it begins anew."""
        with NO_FORK, explained(self._database.place):
            try:
                if self._connection is None:
                    self._connection = self._database.engine.connect().execution_options(**self._database.writing)
                with self._connection.begin():
                    return take(self._connection, beats, now)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()
