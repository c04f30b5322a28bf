"""What of the past is old enough to be forgotten: entries of the journal, and commands that have ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Integer, Text, bindparam, delete, func, select

from stackward.state.columns import MOMENT
from stackward.state.records import RolloutStatus
from stackward.state.tables import FINISHED, commands, instances, journal, rollouts, runs

_OF = bindparam("of", type_=Text)
_BEFORE = bindparam("before", type_=MOMENT)
_NEWEST = bindparam("newest", type_=Integer)

_RANKED_ENTRIES = (
    select(
        journal.c.id,
        journal.c.at,
        journal.c.kind,
        journal.c.instance,
        journal.c.run,
        func.row_number()
        .over(partition_by=(journal.c.instance, journal.c.kind), order_by=journal.c.id.desc())
        .label("rank"),
    )
    .where(journal.c.stack == _OF)
    .subquery()
)
_OLD_ENTRIES = (
    select(_RANKED_ENTRIES.c.id, _RANKED_ENTRIES.c.kind, _RANKED_ENTRIES.c.instance)
    .where(
        _RANKED_ENTRIES.c.at < _BEFORE,
        _RANKED_ENTRIES.c.kind.not_in(bindparam("kinds", expanding=True)) | (_RANKED_ENTRIES.c.rank > _NEWEST),
        # What a run has done it asks while it goes on.
        _RANKED_ENTRIES.c.run.is_(None)
        | _RANKED_ENTRIES.c.run.not_in(select(runs.c.id).where(runs.c.stack == _OF, runs.c.finished.is_(None))),
    )
    .order_by(_RANKED_ENTRIES.c.id)
)
_RANKED_COMMANDS = (
    select(
        commands.c.id,
        commands.c.instance,
        commands.c.status,
        commands.c.batch,
        func.coalesce(commands.c.finished, commands.c.created).label("ended"),
        func.row_number().over(partition_by=commands.c.instance, order_by=commands.c.id.desc()).label("rank"),
        func.row_number().over(order_by=commands.c.id.desc()).label("rank_of_all"),
    )
    .where(commands.c.stack == _OF)
    .subquery()
)
_OLD_COMMANDS = (
    select(_RANKED_COMMANDS.c.id)
    .where(
        FINISHED,
        _RANKED_COMMANDS.c.ended < _BEFORE,
        _RANKED_COMMANDS.c.rank_of_all > _NEWEST,
        (_RANKED_COMMANDS.c.rank > bindparam("each", type_=Integer))
        | _RANKED_COMMANDS.c.instance.not_in(select(instances.c.name).where(instances.c.stack == _OF)),
        # How a rollout has gone so far is told by its commands.
        _RANKED_COMMANDS.c.batch.not_in(
            select(rollouts.c.batch).where(
                rollouts.c.stack == _OF,
                rollouts.c.batch.is_not(None),
                rollouts.c.status.in_([status for status in RolloutStatus if not status.finished]),
            )
        ),
    )
    .order_by(_RANKED_COMMANDS.c.id)
)
_NUMBERS = bindparam("numbers", type_=BigInteger, expanding=True)
_FORGET_ENTRIES = delete(journal).where(journal.c.stack == _OF, journal.c.id.in_(_NUMBERS))
_FORGET_COMMANDS = delete(commands).where(commands.c.stack == _OF, commands.c.id.in_(_NUMBERS), FINISHED)


@dataclass(frozen=True, slots=True)
class OldEntry:
    """An entry of the journal that may be forgotten, as far as its age goes."""

    id: int
    kind: str
    instance: str | None


def read_old_entries(
    connection: Connection, stack: str, before: datetime, kinds: Collection[str], newest: int
) -> tuple[OldEntry, ...]:
    """Entries from before a moment, oldest first.

    Left out are the `newest` of each of these kinds of each instance, and of the stack itself, however old they are;
    and those of runs that have not ended.
    """
    rows = connection.execute(_OLD_ENTRIES, {"of": stack, "before": before, "kinds": tuple(kinds), "newest": newest})
    return tuple(OldEntry(*row) for row in rows)


def read_old_commands(connection: Connection, stack: str, before: datetime, newest: int, each: int) -> tuple[int, ...]:
    """Commands that ended before a moment, oldest first.

    Left out are the `newest` of all, the newest `each` of every instance that is known, and those of rollouts that go
    on.
    """
    rows = connection.execute(_OLD_COMMANDS, {"of": stack, "before": before, "newest": newest, "each": each})
    return tuple(rows.scalars())


def forget_entries(connection: Connection, stack: str, numbers: Sequence[int]) -> int:
    """Remove entries of the journal. Returns how many were there."""
    return connection.execute(_FORGET_ENTRIES, {"of": stack, "numbers": numbers}).rowcount


def forget_commands(connection: Connection, stack: str, numbers: Sequence[int]) -> int:
    """Remove ended commands with their logs. Returns how many were there."""
    return connection.execute(_FORGET_COMMANDS, {"of": stack, "numbers": numbers}).rowcount
