"""The apps: what lies on each instance, what is live, how it was rolled out, and their passwords."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from stackward.state.columns import DOCUMENT, MOMENT, WORDS, member
from stackward.state.records import RolloutStatus
from stackward.state.tables.instances import instances
from stackward.state.tables.metadata import NUMBER, metadata
from stackward.state.tables.stacks import stacks

releases = Table(
    "stackward_releases",
    metadata,
    Column("stack", Text, primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("release", Text, nullable=False),
    Column("revision", WORDS, nullable=False),
    Column("digest", Text),
    Column("port", Integer),
    Column("hooks", DOCUMENT),
    ForeignKeyConstraint(["stack", "instance"], [instances.c.stack, instances.c.name], ondelete="CASCADE"),
)

deployments = Table(
    "stackward_deployments",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("app", Text, primary_key=True),
    Column("release", Text, nullable=False),
    Column("revision", WORDS, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("running", Boolean),
)

rollouts = Table(
    "stackward_rollouts",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("stack", ForeignKey(stacks.c.name), nullable=False),
    Column("app", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("revision", WORDS, nullable=False),
    Column("before_release", Text, nullable=False),
    Column("before_revision", WORDS, nullable=False),
    Column("status", member(RolloutStatus), nullable=False),
    Column("actor", WORDS, nullable=False),
    Column("reason", WORDS, nullable=False),
    Column("host", WORDS, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("process_started", Double, nullable=False),
    Column("started", MOMENT, nullable=False),
    Column("batch", BigInteger),
    Column("finished", MOMENT),
    Column("failure", WORDS, nullable=False),
    Column("migrated", Boolean, nullable=False),
    Column("results", DOCUMENT, nullable=False),
    Index("stackward_rollouts_app", "stack", "app", "id"),
    sqlite_autoincrement=True,
)

secrets = Table(
    "stackward_secrets",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("app", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
