"""The tables of the store. Rows of different stacks lie side by side; names carry a prefix to share a database.

`journal` refers to nothing, so that it outlives what it tells of. Numbers of commands, runs and entries are never
given twice, also after a deletion.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    text,
)

from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.columns import DOCUMENT, KEYS, MOMENT, NAMES, SECOND, WORDS, member
from stackward.state.records import CommandStatus, RolloutStatus

metadata = MetaData()

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of exactly this type."""

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
    Column("id", _NUMBER, primary_key=True),
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

instances = Table(
    "stackward_instances",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("layers", NAMES, nullable=False),
    Column("state", member(State), nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("failure", WORDS, nullable=False),
    Column("configured", BigInteger, nullable=False),
    Column("reboot_wanted", Boolean, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("claimed_by", BigInteger),
    Column("desired", member(Desired)),
    Column("initiator", member(Initiator)),
    Column("reason", WORDS),
    Column("requested", MOMENT),
    Column("remedy", member(Remedy)),
    Column("forced", Boolean),
    Column("token", Text),
    Column("attempt", Integer),
    Column("parameters", DOCUMENT),
    Column("machine", Text),
    Column("address", Text),
    Column("port", Integer),
    Column("elastic_address", Text),
    Column("zone", Text),
    Column("host_keys", KEYS),
    # By event, what ran last of recipes and built-in parts; empty where nothing is known.
    Column("ran", DOCUMENT),
    # By layer, the built-in layer that it had here; empty where nothing is known.
    Column("uses", DOCUMENT),
)

claims = Table(
    "stackward_claims",
    metadata,
    Column("stack", Text, primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("run", ForeignKey(runs.c.id), nullable=False, index=True),
    Column("owner", WORDS, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("expires", MOMENT, nullable=False),
    Column("doing", WORDS, nullable=False),
    ForeignKeyConstraint(["stack", "instance"], [instances.c.stack, instances.c.name], ondelete="CASCADE"),
)

maintenance = Table(
    "stackward_maintenance",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("why", WORDS, nullable=False),
    Column("actor", WORDS, nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("until", MOMENT),
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

sightings = Table(
    "stackward_sightings",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("witness", member(Witness), primary_key=True),
    Column("answer", member(Answer), nullable=False),
    Column("text", WORDS, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("since", MOMENT, nullable=False),
)

agents = Table(
    "stackward_agents",
    metadata,
    Column("stack", Text, primary_key=True),
    Column("instance", Text, primary_key=True),
    # The SHA-256 of a token that nobody can guess: whoever reads the state cannot report with it.
    Column("token", Text, nullable=False, unique=True),
    Column("issued", MOMENT, nullable=False),
    Column("number", BigInteger),
    Column("heard", MOMENT),
    Column("vitals", DOCUMENT),
    ForeignKeyConstraint(["stack", "instance"], [instances.c.stack, instances.c.name], ondelete="CASCADE"),
)

listeners = Table(
    "stackward_listeners",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("name", WORDS, primary_key=True),
    Column("since", MOMENT, nullable=False),
    Column("at", MOMENT, nullable=False),
)

UNFINISHED = text("status IN ('pending', 'running')")
"""Commands that are not finished, in the very words by which both databases recognise their index of them."""

FINISHED = text("status NOT IN ('pending', 'running')")

commands = Table(
    "stackward_commands",
    metadata,
    Column("id", _NUMBER, primary_key=True),
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
    Column("id", _NUMBER, primary_key=True),
    Column("command", ForeignKey(commands.c.id, ondelete="CASCADE"), nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("task", WORDS, nullable=False),
    Column("status", WORDS, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("text", WORDS, nullable=False),
    Index("stackward_log_command", "command", "id"),
)

journal = Table(
    "stackward_journal",
    metadata,
    Column("id", _NUMBER, primary_key=True),
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
    Column("id", _NUMBER, primary_key=True),
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

resources = Table(
    "stackward_resources",
    metadata,
    Column("stack", ForeignKey(stacks.c.name), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("data", DOCUMENT, nullable=False),
)

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
    Column("id", _NUMBER, primary_key=True),
    Column("stack", ForeignKey(stacks.c.name), nullable=False),
    Column("layer", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("data", DOCUMENT, nullable=False),
    Index("stackward_evaluations_layer", "stack", "layer", "id"),
    sqlite_autoincrement=True,
)
