"""What was measured, and what scaling by load remembers of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, Table, Text

from stackward.state.columns import DOCUMENT, MOMENT, SECOND, WORDS
from stackward.state.tables.metadata import NUMBER, metadata
from stackward.state.tables.stacks import stacks

samples = Table(
    "stackward_samples",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    # How many seconds a row stands for; `slot` counts such spans since 1970.
    Column("span", Integer, primary_key=True),
    Column("slot", BigInteger, primary_key=True),
    Column("at", SECOND, nullable=False),
    # Empty where somebody was asked and had no value.
    Column("value", Double),
    Column("source", WORDS, nullable=False),
    Index("stackward_samples_slot", "stack", "span", "slot"),
)

alarms = Table(
    "stackward_alarms",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("source", WORDS, nullable=False),
)

collections = Table(
    "stackward_collections",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("at", MOMENT, nullable=False),
    # What went wrong the last time, "" where nothing did.
    Column("failure", WORDS, nullable=False),
)

load_memories = Table(
    "stackward_load_memories",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("layer", Text, primary_key=True),
    Column("windows", DOCUMENT, nullable=False),
    Column("evaluation", DOCUMENT, nullable=False),
)

evaluations = Table(
    "stackward_evaluations",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("stack", ForeignKey(stacks.c.name), nullable=False),
    Column("layer", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("data", DOCUMENT, nullable=False),
    Index("stackward_evaluations_layer", "stack", "layer", "id"),
    sqlite_autoincrement=True,
)
