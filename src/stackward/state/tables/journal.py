"""The journal. It refers to nothing, so that it outlives what it tells of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from stackward.state.columns import DOCUMENT, MOMENT, WORDS
from stackward.state.tables.metadata import NUMBER, metadata

journal = Table(
    "stackward_journal",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("stack", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", WORDS, nullable=False),
    Column("instance", Text),
    Column("run", BigInteger),
    Column("text", WORDS, nullable=False),
    Column("data", DOCUMENT, nullable=False),
    Index("stackward_journal_stack", "stack", "id"),
    Index("stackward_journal_instance", "stack", "instance", "id"),
    # The journal is long, so whoever looks for few entries among many must not read them all.
    Index("stackward_journal_kind", "stack", "instance", "kind", "id"),
    Index("stackward_journal_run", "stack", "run", "kind"),
    sqlite_autoincrement=True,
)
