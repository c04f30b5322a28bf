"""Rows of rollouts as records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Integer, Text, bindparam, select

from stackward.state.records import Deployment, HostResult, Rollout, RolloutStatus
from stackward.state.tables import rollouts

_STACK = bindparam("stack", type_=Text)

_ROLLOUTS = select(
    rollouts.c.id,
    rollouts.c.app,
    rollouts.c.kind,
    rollouts.c.release,
    rollouts.c.revision,
    rollouts.c.before_release,
    rollouts.c.before_revision,
    rollouts.c.status,
    rollouts.c.actor,
    rollouts.c.reason,
    rollouts.c.host,
    rollouts.c.process,
    rollouts.c.process_started,
    rollouts.c.started,
    rollouts.c.batch,
    rollouts.c.finished,
    rollouts.c.failure,
    rollouts.c.migrated,
    rollouts.c.results,
).where(rollouts.c.stack == _STACK)
_LIVED = (
    select(rollouts.c.app, rollouts.c.release, rollouts.c.revision, rollouts.c.started, rollouts.c.finished)
    .where(
        rollouts.c.stack == _STACK,
        rollouts.c.app == bindparam("of_app", type_=Text),
        rollouts.c.status == RolloutStatus.SUCCESSFUL,
        rollouts.c.release != "",
    )
    .order_by(rollouts.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
_UNFINISHED_ROLLOUTS = _ROLLOUTS.where(
    rollouts.c.status.in_([status for status in RolloutStatus if not status.finished])
).order_by(rollouts.c.id)


def read_unfinished_rollouts(connection: Connection, stack: str) -> dict[int, Rollout]:
    """The rollouts of the stack that are not finished, by the batch of their commands."""
    rows = connection.execute(_UNFINISHED_ROLLOUTS, {"stack": stack}).all()
    return {row.batch: _rollout(row) for row in rows if row.batch is not None}


def read_rollouts(
    connection: Connection, stack: str, app: str | None, limit: int, numbers: Collection[int] | None = None
) -> tuple[Rollout, ...]:
    """The newest rollouts, newest first, of one app or of all; with `numbers` of these only."""
    wanted = _ROLLOUTS if app is None else _ROLLOUTS.where(rollouts.c.app == app)
    if numbers is not None:
        wanted = wanted.where(rollouts.c.id.in_(numbers))
    rows = connection.execute(wanted.order_by(rollouts.c.id.desc()).limit(limit), {"stack": stack})
    return tuple(_rollout(row) for row in rows)


def read_lived(connection: Connection, stack: str, app: str, limit: int) -> tuple[Deployment, ...]:
    """The releases of an app's newest rollouts that succeeded, newest first."""
    rows = connection.execute(_LIVED, {"stack": stack, "of_app": app, "most": limit})
    return tuple(Deployment(row.app, row.release, row.revision, row.finished or row.started) for row in rows)


def _rollout(row: Any) -> Rollout:
    return replace(Rollout(*row), results={name: HostResult(**result) for name, result in row.results.items()})
