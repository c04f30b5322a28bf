"""One write transaction on one stack."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from stackward.state.agent_writes import AgentWrites
from stackward.state.app_writes import AppWrites
from stackward.state.claim_writes import ClaimWrites
from stackward.state.columns import MOMENT
from stackward.state.command_writes import CommandWrites
from stackward.state.instance_writes import InstanceWrites
from stackward.state.metric_writes import MetricWrites
from stackward.state.pause_writes import PauseWrites
from stackward.state.resource_rows import ResourceWrites
from stackward.state.rollout_writes import RolloutWrites
from stackward.state.tables import (
    agents,
    alarms,
    claims,
    collections,
    commands,
    definitions,
    deployments,
    evaluations,
    instances,
    listeners,
    load_memories,
    maintenance,
    pauses,
    resources,
    rollouts,
    runs,
    samples,
    secrets,
    sightings,
    stacks,
)
from stackward.state.writing import OF

_DEFINITIONS_KEPT = 100
"""Versions of a stack file that are remembered."""

_DEFINITION = select(definitions.c.at).where(definitions.c.stack == OF, definitions.c.digest == bindparam("wanted"))
_REMEMBER = insert(definitions)
_OLD = select(definitions.c.at).where(definitions.c.stack == OF).order_by(definitions.c.at.desc())
_FORGET = delete(definitions).where(definitions.c.stack == OF, definitions.c.at <= bindparam("newest", type_=MOMENT))


class StackTransaction(
    InstanceWrites,
    ClaimWrites,
    PauseWrites,
    CommandWrites,
    AppWrites,
    MetricWrites,
    AgentWrites,
    RolloutWrites,
    ResourceWrites,
):
    """Everything that may be written to a stack, saved together when the transaction ends.

    A method that takes an epoch raises StaleEpochError, and writes nothing, if the instance has been claimed since.
    """

    def remember_definition(self, digest: str, text: str, now: datetime) -> None:
        """Keep the stack file's text, by which later runs and readers know what was meant."""
        if self._find(_DEFINITION, wanted=digest).one_or_none() is not None:
            return
        self._insert(_REMEMBER, digest=digest, text=text, at=now)
        oldest = self._find(_OLD.offset(_DEFINITIONS_KEPT).limit(1)).scalar()
        if oldest is not None:
            self._change(_FORGET, newest=oldest)

    def forget_stack(self) -> None:
        """Remove everything of the stack but its journal. Nothing else may be written to it in this transaction."""
        # The logs go with their commands, the instances' releases with the instances.
        for table in (
            claims,
            maintenance,
            pauses,
            sightings,
            agents,
            listeners,
            instances,
            commands,
            runs,
            deployments,
            rollouts,
            resources,
            secrets,
            definitions,
            samples,
            alarms,
            collections,
            load_memories,
            evaluations,
        ):
            self._change(delete(table).where(table.c.stack == OF))
        self._change(delete(stacks).where(stacks.c.name == OF))
