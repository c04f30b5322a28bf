"""Writes of runs and of what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, delete, insert, select, update

from stackward.state.records import Claim
from stackward.state.tables import claims, runs
from stackward.state.writing import NAMED, OF, StackWrites

_RUNS_KEPT = 1000
"""Runs of a stack that are remembered. They matter only while they hold a claim; the journal tells the rest."""

_RUN = bindparam("number", type_=BigInteger)
_BEGIN_RUN = insert(runs)
_END_RUN = update(runs).where(runs.c.stack == OF, runs.c.id == _RUN)
_PROCESS = select(runs.c.host, runs.c.process, runs.c.process_started).where(runs.c.stack == OF, runs.c.id == _RUN)
_OLD_RUN = select(runs.c.id).where(runs.c.stack == OF).order_by(runs.c.id.desc()).offset(_RUNS_KEPT).limit(1)
_FORGET_RUNS = delete(runs).where(
    runs.c.stack == OF,
    runs.c.id <= bindparam("newest"),
    runs.c.id.not_in(select(claims.c.run).where(claims.c.stack == OF)),
)
_CLAIM = insert(claims)
_DROP_CLAIM = delete(claims).where(claims.c.stack == OF, claims.c.instance == NAMED)
_DROP_CLAIMS = delete(claims).where(claims.c.stack == OF, claims.c.run == _RUN)
_HOLD = (
    update(claims)
    .where(claims.c.stack == bindparam("of"), claims.c.instance == bindparam("held"))
    .values(doing=bindparam("now_doing"))
)


class ClaimWrites(StackWrites):
    """What may be written about runs and their claims."""

    def begin_run(self, kind: str, host: str, process: int, process_started: float, user: str, now: datetime) -> int:
        """Remember a new run and the process behind it. Returns its number."""
        return self._insert_numbered(
            _BEGIN_RUN,
            kind=kind,
            host=host,
            process=process,
            process_started=process_started,
            user=user,
            started=now,
        )

    def end_run(self, run: int, now: datetime) -> None:
        """The run is over: what it still holds is free. Runs of long ago are forgotten."""
        self._change(_DROP_CLAIMS, number=run)
        self._change(_END_RUN, number=run, finished=now)
        oldest = self._find(_OLD_RUN).scalar()
        if oldest is not None:
            self._change(_FORGET_RUNS, newest=oldest)

    def claim(self, instance: str, run: int, owner: str, now: datetime, expires: datetime) -> Claim:
        """Take an instance under a new epoch, also from another run: whether that may be is decided elsewhere."""
        row = self._row(instance)
        epoch: int = row.epoch + 1
        self._update(instance, epoch=epoch, claimed_by=run)
        self._change(_DROP_CLAIM, named=instance)
        self._insert(_CLAIM, instance=instance, run=run, owner=owner, epoch=epoch, since=now, expires=expires, doing="")
        host, process, started = tuple(self._find(_PROCESS, number=run).one())
        return Claim(instance, run, owner, host, process, started, epoch=epoch, since=now, expires=expires)

    def release(self, instance: str, epoch: int) -> None:
        """Let an instance go. Raises StaleEpochError if another run has claimed it since."""
        self._held_row(instance, epoch)
        self._change(_DROP_CLAIM, named=instance)


def renew_claims(
    connection: Connection, stack: str, run: int, until: datetime, doing: Mapping[str, str]
) -> frozenset[str]:
    """Extend all claims of a run, and say by instance what it is doing. Returns the instances that it holds."""
    mine = (claims.c.stack == stack, claims.c.run == run)
    connection.execute(update(claims).where(*mine).values(expires=until))
    held = frozenset(connection.execute(select(claims.c.instance).where(*mine)).scalars())
    changes = [
        {"of": stack, "held": instance, "now_doing": text} for instance, text in doing.items() if instance in held
    ]
    if changes:
        connection.execute(_HOLD, changes)
    return held
