"""The tables of the store. Rows of different stacks lie side by side; names carry a prefix to share a database.

Numbers of commands, runs and entries are never given twice, also after a deletion. All tables are imported here, so
that `metadata` knows every one.
"""

from __future__ import annotations

from stackward.state.tables.apps import deployments, releases, rollouts, secrets
from stackward.state.tables.commands import FINISHED, UNFINISHED, commands, log
from stackward.state.tables.instances import agents, claims, instances, listeners, maintenance, sightings
from stackward.state.tables.journal import journal
from stackward.state.tables.metadata import metadata
from stackward.state.tables.metrics import alarms, collections, evaluations, load_memories, samples
from stackward.state.tables.resources import resources
from stackward.state.tables.stacks import definitions, pauses, runs, schema, stacks

__all__ = [
    "FINISHED",
    "UNFINISHED",
    "agents",
    "alarms",
    "claims",
    "collections",
    "commands",
    "definitions",
    "deployments",
    "evaluations",
    "instances",
    "journal",
    "listeners",
    "load_memories",
    "log",
    "maintenance",
    "metadata",
    "pauses",
    "releases",
    "resources",
    "rollouts",
    "runs",
    "samples",
    "schema",
    "secrets",
    "sightings",
    "stacks",
]
