"""One read transaction on one stack: everything that is asked of it belongs to the same moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from stackward.metrics.sample import Sample
from stackward.state.command_reading import read_commands
from stackward.state.journal_reading import read_histories
from stackward.state.metric_reading import read_alarms, read_load_memories, read_samples
from stackward.state.reading import read_stack
from stackward.state.records import Command, JournalEntry, KnownAlarm, LoadMemory, StackState


class StackReader:
    """What may be read of a stack. Its methods say the same as those of `StackTransaction`."""

    def __init__(self, connection: Connection, stack: str) -> None:
        self._connection = connection
        self._stack = stack

    @property
    def state(self) -> StackState:
        """The stack."""
        return read_stack(self._connection, self._stack)

    def histories(
        self, instances: Iterable[str], kinds: tuple[str, ...], limit: int
    ) -> dict[str, tuple[JournalEntry, ...]]:
        """The newest `limit` entries of these kinds of each instance, oldest first."""
        return read_histories(self._connection, self._stack, instances, kinds, limit)

    def newest_commands(self, limit: int) -> tuple[Command, ...]:
        """The newest commands, finished or not, newest first."""
        return read_commands(self._connection, self._stack, None, limit)

    def samples(self, since: datetime, until: datetime, metrics: Iterable[str]) -> tuple[Sample, ...]:
        """Samples of these metrics from one moment to another, oldest first."""
        return read_samples(self._connection, self._stack, since, until, tuple(metrics), None)

    def alarms(self) -> dict[str, KnownAlarm]:
        """Every alarm that was ever heard of, by name."""
        return read_alarms(self._connection, self._stack)

    def load_memories(self) -> dict[str, LoadMemory]:
        """What scaling by load remembers of each layer, by its name."""
        return read_load_memories(self._connection, self._stack)
