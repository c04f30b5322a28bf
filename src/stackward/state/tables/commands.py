"""The commands that instances are given, and what each has said."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    event,
    text,
)

from stackward.lifecycle.states import Initiator
from stackward.state.columns import DOCUMENT, MOMENT, WORDS, member
from stackward.state.records import CommandStatus
from stackward.state.tables.metadata import NUMBER, metadata
from stackward.state.tables.stacks import stacks

UNFINISHED = text("status IN ('pending', 'running')")
"""Commands that are not finished, in the very words by which both databases recognise their index of them."""

FINISHED = text("status NOT IN ('pending', 'running')")

commands = Table(
    "stackward_commands",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("stack", ForeignKey(stacks.c.name), nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("instance", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("arguments", DOCUMENT, nullable=False),
    Column("initiator", member(Initiator), nullable=False),
    Column("reason", WORDS, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("status", member(CommandStatus), nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("started", MOMENT),
    Column("finished", MOMENT),
    Column("exit_code", Integer),
    Column("failure", WORDS, nullable=False),
    Column("run", BigInteger),
    Column("lost", Boolean, nullable=False, server_default=text("false")),
    Index("stackward_commands_instance", "stack", "instance", "id"),
    Index("stackward_commands_stack", "stack", "id"),
    sqlite_autoincrement=True,
)


@event.listens_for(commands, "after_create")
def _index_unfinished(_table: Table, connection: Connection, **_options: object) -> None:
    # As an option of Index the condition would import SQLAlchemy's whole support of PostgreSQL into every process.
    connection.execute(
        text(f"CREATE INDEX stackward_commands_unfinished ON stackward_commands (stack, id) WHERE {UNFINISHED.text}")
    )


log = Table(
    "stackward_log",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("command", ForeignKey(commands.c.id, ondelete="CASCADE"), nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("task", WORDS, nullable=False),
    Column("status", WORDS, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("text", WORDS, nullable=False),
    Index("stackward_log_command", "command", "id"),
)
