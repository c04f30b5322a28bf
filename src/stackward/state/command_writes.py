"""Writes to commands, asked, begun, finished, and to their logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from stackward.errors import StateError
from stackward.lifecycle.states import Initiator
from stackward.state.command_reading import read_command
from stackward.state.records import Command, CommandStatus, LogLine
from stackward.state.tables import FINISHED, commands, log
from stackward.state.writing import NAMED, OF, StackWrites

_KEPT = 200
"""Finished commands of an instance that are kept, with their logs."""

_WITHOUT_CLAIM = frozenset({CommandStatus.SUPERSEDED, CommandStatus.EXPIRED, CommandStatus.SKIPPED})
"""Ends that a command may come to without anybody having worked on it."""

_ASK = insert(commands)
_UPDATE = update(commands).where(commands.c.stack == OF, commands.c.id == bindparam("number"))
_FINISHED_OF = (commands.c.stack == OF, commands.c.instance == NAMED, FINISHED)
_OLD = select(commands.c.id).where(*_FINISHED_OF).order_by(commands.c.id.desc()).offset(_KEPT).limit(1)
_FORGET = delete(commands).where(*_FINISHED_OF, commands.c.id <= bindparam("newest"))

_NOT_WELL = select(func.count()).where(
    commands.c.stack == OF,
    commands.c.batch == bindparam("batch_number"),
    commands.c.status != CommandStatus.SUCCESSFUL,
)


class CommandWrites(StackWrites):
    """What may be written about commands."""

    def ask(
        self,
        instance: str,
        event: str,
        arguments: Mapping[str, Any],
        *,
        batch: int | None,
        initiator: Initiator,
        reason: str,
        automatic: bool,
        now: datetime,
    ) -> Command:
        """Add a pending command. Without `batch` it is the first of a new one, which bears its number.

        Raises StateError for an unknown instance.
        """
        self._row(instance)
        number = self._insert_numbered(
            _ASK,
            batch=batch or 0,
            instance=instance,
            event=event,
            arguments=arguments,
            initiator=initiator,
            reason=reason,
            automatic=automatic,
            status=CommandStatus.PENDING,
            created=now,
            failure="",
        )
        if batch is None:
            self._change(_UPDATE, number=number, batch=number)
        return self._command(number)

    def begin_command(self, command: int, epoch: int, run: int, now: datetime) -> None:
        """A run has begun a command, or goes on with one that another run left.

        Raises StaleEpochError if another run has claimed the instance since, StateError if the command is finished.
        """
        found = self._unfinished(command)
        self._held_row(found.instance, epoch)
        self._change(_UPDATE, number=command, status=CommandStatus.RUNNING, started=found.started or now, run=run)

    def blame_command(self, command: int, epoch: int, failure: str) -> None:
        """A running command has failed, and what it did is yet to be taken back before it ends.

        Raises StaleEpochError if another run has claimed the instance since, StateError if the command is finished.
        """
        found = self._unfinished(command)
        self._held_row(found.instance, epoch)
        self._change(_UPDATE, number=command, failure=failure)

    def finish_command(
        self,
        command: int,
        epoch: int | None,
        status: CommandStatus,
        now: datetime,
        *,
        exit_code: int | None = None,
        failure: str = "",
        lost: bool = False,
    ) -> Command:
        """Write down how a command ended, and return it as it was before.

        Only superseded, expired and skipped ones may do without an epoch.

        Commands of the same instance that ended long ago are forgotten, with their logs. Raises StaleEpochError if
        another run has claimed the instance since, StateError if the command is finished already.
        """
        if not status.finished:
            raise ValueError(f"{status.value} is no end of a command")
        if epoch is None and status not in _WITHOUT_CLAIM:
            raise ValueError(f"a command becomes {status.value} only under a claim")
        found = self._unfinished(command)
        if epoch is not None:
            self._held_row(found.instance, epoch)
        ended = {"status": status, "finished": now, "exit_code": exit_code, "failure": failure, "lost": lost}
        self._change(_UPDATE, number=command, **ended)
        oldest = self._find(_OLD, named=found.instance).scalar()
        if oldest is not None:
            self._change(_FORGET, named=found.instance, newest=oldest)
        return found

    def batch_successful(self, batch: int) -> bool:
        """Whether every command of a batch has ended well; one that was skipped or failed keeps it from that."""
        return not self._find(_NOT_WELL, batch_number=batch).scalar()

    def _command(self, number: int) -> Command:
        found = read_command(self._connection, self._stack, number)
        if found is None:
            raise StateError(f"The state of stack {self._stack} knows no command {number}.")
        return found

    def _unfinished(self, number: int) -> Command:
        found = self._command(number)
        if found.status.finished:
            raise StateError(f"{found.instance}: command {number} ({found.event}) is {found.status.value} already.")
        return found


def write_log(connection: Connection, lines: Sequence[LogLine]) -> None:
    """Add lines in this order. Lines of a command that has been forgotten are dropped."""
    wanted = {line.command for line in lines}
    known = set(
        connection.execute(
            select(commands.c.id).where(commands.c.id.in_(wanted)).with_for_update(key_share=True, read=True)
        ).scalars()
    )
    rows = [_log_row(line) for line in lines if line.command in known]
    if rows:
        connection.execute(insert(log), rows)


def _log_row(line: LogLine) -> dict[str, Any]:
    return {
        "command": line.command,
        "at": line.at,
        "task": line.task,
        "status": line.status,
        "seconds": line.seconds,
        "text": line.text,
    }
