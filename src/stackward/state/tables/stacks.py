"""The stacks, the files that they were told of, their runs, and what a person has paused."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, Table, Text

from stackward.state.columns import MOMENT, WORDS
from stackward.state.tables.metadata import NUMBER, metadata

schema = Table("stackward_schema", metadata, Column("version", Integer, nullable=False))

stacks = Table(
    "stackward_stacks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    # The digest of the stack file that the online instances were last told of.
    Column("definition", Text),
    # The highest epoch of the instances that have been forgotten: one that comes back goes on from there.
    Column("forgotten_epoch", BigInteger, nullable=False),
)

definitions = Table(
    "stackward_definitions",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("text", WORDS, nullable=False),
    Column("at", MOMENT, nullable=False),
    Index("stackward_definitions_digest", "digest"),
)

runs = Table(
    "stackward_runs",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("stack", ForeignKey(stacks.c.name), nullable=False),
    Column("kind", Text, nullable=False),
    Column("host", WORDS, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("process_started", Double, nullable=False),
    Column("user", WORDS, nullable=False),
    Column("started", MOMENT, nullable=False),
    Column("finished", MOMENT),
    Index("stackward_runs_stack", "stack", "id"),
    sqlite_autoincrement=True,
)

pauses = Table(
    "stackward_pauses",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("what", Text, primary_key=True),
    Column("why", WORDS, nullable=False),
    Column("actor", WORDS, nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("until", MOMENT),
)
