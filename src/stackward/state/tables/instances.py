"""The instances: what they are, who holds them, and what was seen of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, ForeignKeyConstraint, Integer, Table, Text

from stackward.lifecycle.health import Answer, Remedy, Witness
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.state.columns import DOCUMENT, KEYS, MOMENT, NAMES, WORDS, member
from stackward.state.tables.metadata import metadata
from stackward.state.tables.stacks import runs, stacks

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
