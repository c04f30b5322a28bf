"""What is remembered of resources beside machines."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from stackward.state.columns import DOCUMENT
from stackward.state.tables.metadata import metadata
from stackward.state.tables.stacks import stacks

resources = Table(
    "stackward_resources",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("data", DOCUMENT, nullable=False),
)
