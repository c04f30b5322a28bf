"""Rows of commands, and of what was logged of them, as records."""

from __future__ import annotations

from sqlalchemy import Connection, Text, bindparam, select

from stackward.state.records import Command, LogLine
from stackward.state.tables import UNFINISHED, commands, log

_STACK = bindparam("stack", type_=Text)

_COMMANDS = select(
    commands.c.id,
    commands.c.batch,
    commands.c.instance,
    commands.c.event,
    commands.c.arguments,
    commands.c.initiator,
    commands.c.reason,
    commands.c.automatic,
    commands.c.status,
    commands.c.created,
    commands.c.started,
    commands.c.finished,
    commands.c.exit_code,
    commands.c.failure,
    commands.c.run,
    commands.c.lost,
).where(commands.c.stack == _STACK)
_UNFINISHED = _COMMANDS.where(UNFINISHED).order_by(commands.c.id)
_COMMAND = _COMMANDS.where(commands.c.id == bindparam("number"))
_BATCH = _COMMANDS.where(commands.c.batch == bindparam("wanted")).order_by(commands.c.id)
_LOG = (
    select(log.c.command, log.c.at, log.c.task, log.c.status, log.c.seconds, log.c.text)
    .where(log.c.command == bindparam("number"))
    .order_by(log.c.id)
)


def read_unfinished_commands(connection: Connection, stack: str) -> tuple[Command, ...]:
    """The commands of the stack that are not finished, in the order in which they were asked for."""
    return tuple(Command(*row) for row in connection.execute(_UNFINISHED, {"stack": stack}).all())


def read_command(connection: Connection, stack: str, number: int) -> Command | None:
    """One command of the stack, finished or not."""
    row = connection.execute(_COMMAND, {"stack": stack, "number": number}).one_or_none()
    return None if row is None else Command(*row)


def read_commands(connection: Connection, stack: str, instance: str | None, limit: int) -> tuple[Command, ...]:
    """The newest commands, newest first, of one instance or of all."""
    wanted = _COMMANDS if instance is None else _COMMANDS.where(commands.c.instance == instance)
    rows = connection.execute(wanted.order_by(commands.c.id.desc()).limit(limit), {"stack": stack})
    return tuple(Command(*row) for row in rows)


def read_batch(connection: Connection, stack: str, batch: int) -> tuple[Command, ...]:
    """All commands of a batch, in the order in which they were asked for."""
    return tuple(Command(*row) for row in connection.execute(_BATCH, {"stack": stack, "wanted": batch}))


def read_log(connection: Connection, command: int) -> tuple[LogLine, ...]:
    """A command's log, in the order in which it was written."""
    return tuple(LogLine(*row) for row in connection.execute(_LOG, {"number": command}))
