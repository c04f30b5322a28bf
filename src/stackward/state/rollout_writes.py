"""Writes to rollouts: opened, moved on, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, delete, insert, select, update

from stackward.state.command_reading import read_batch
from stackward.state.records import Command, HostResult, Rollout, RolloutStatus
from stackward.state.rollout_reading import read_rollouts
from stackward.state.tables import rollouts
from stackward.state.writing import OF, StackWrites

_KEPT = 500
"""Rollouts of an app that are remembered."""

_NUMBER = bindparam("number", type_=BigInteger)
_OPEN = insert(rollouts)
_UPDATE = update(rollouts).where(rollouts.c.stack == OF, rollouts.c.id == _NUMBER)
_OF_APP = (rollouts.c.stack == OF, rollouts.c.app == bindparam("wanted_app"))
_OLD = select(rollouts.c.id).where(*_OF_APP).order_by(rollouts.c.id.desc()).offset(_KEPT).limit(1)
_FORGET = delete(rollouts).where(*_OF_APP, rollouts.c.id <= bindparam("newest"))


class RolloutWrites(StackWrites):
    """What may be written about rollouts."""

    def open_rollout(self, rollout: Rollout) -> Rollout:
        """Remember a new rollout, whose own id is ignored. Returns it with its id. Those of long ago are forgotten."""
        values = {**asdict(rollout), "results": _plain(rollout.results)}
        del values["id"]
        number = self._insert_numbered(_OPEN, **values)
        oldest = self._find(_OLD, wanted_app=rollout.app).scalar()
        if oldest is not None:
            self._change(_FORGET, wanted_app=rollout.app, newest=oldest)
        return replace(rollout, id=number)

    def fail_rollout(self, rollout: int, failure: str) -> None:
        """The rollout goes no further, and takes its batch back."""
        self._change(_UPDATE, number=rollout, status=RolloutStatus.FAILING, failure=failure)

    def migrated(self, rollout: int) -> None:
        """The migration of the rollout has run."""
        self._change(_UPDATE, number=rollout, migrated=True)

    def close_rollout(
        self, rollout: int, status: RolloutStatus, results: Mapping[str, HostResult], now: datetime
    ) -> None:
        """The rollout is over, and its app is free."""
        if not status.finished:
            raise ValueError(f"{status.value} is no end of a rollout")
        self._change(_UPDATE, number=rollout, status=status, finished=now, results=_plain(results))

    def rollouts(self, app: str, limit: int) -> tuple[Rollout, ...]:
        """The newest rollouts of an app, newest first."""
        return read_rollouts(self._connection, self._stack, app, limit)

    def batch_commands(self, batch: int) -> tuple[Command, ...]:
        """All commands of a batch, finished or not, in the order in which they were asked for."""
        return read_batch(self._connection, self._stack, batch)


def _plain(results: Mapping[str, HostResult]) -> dict[str, dict[str, object]]:
    return {name: asdict(result) for name, result in results.items()}
