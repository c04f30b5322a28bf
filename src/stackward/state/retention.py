"""What of the past is old enough to be forgotten: entries of the journal, and commands that have ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Integer, Text, and_, bindparam, delete, func, select

from stackward.state.columns import MOMENT
from stackward.state.records import RolloutStatus
from stackward.state.tables import FINISHED, commands, instances, journal, rollouts, runs

PART = 1_000
"""Rows that are looked through at a time: while one thread reads, no other of its process gets to the database."""

_OF = bindparam("of", type_=Text)
_AFTER = bindparam("after", type_=BigInteger)
_BEFORE = bindparam("before", type_=MOMENT)
_NEWEST = bindparam("newest", type_=Integer)

_ENTRIES = (
    select(
        journal.c.id,
        journal.c.kind,
        journal.c.instance,
        (journal.c.at < _BEFORE).label("old"),
        # What a run has done it asks while it goes on.
        (
            journal.c.run.is_not(None)
            & journal.c.run.in_(select(runs.c.id).where(runs.c.stack == _OF, runs.c.finished.is_(None)))
        ).label("going"),
    )
    .where(journal.c.stack == _OF, journal.c.id > _AFTER)
    .order_by(journal.c.id)
    .limit(PART)
)
_ALIKE = (
    select(journal.c.id)
    .where(journal.c.stack == _OF, journal.c.kind == bindparam("alike", type_=Text))
    .order_by(journal.c.id.desc())
    .offset(_NEWEST)
    .limit(1)
)
_LIKE_IT = {
    False: _ALIKE.where(journal.c.instance == bindparam("named", type_=Text)),
    True: _ALIKE.where(journal.c.instance.is_(None)),
}
_COMMANDS = (
    select(
        commands.c.id,
        commands.c.instance,
        and_(FINISHED, func.coalesce(commands.c.finished, commands.c.created) < _BEFORE).label("old"),
        # How a rollout has gone so far is told by its commands.
        commands.c.batch.in_(
            select(rollouts.c.batch).where(
                rollouts.c.stack == _OF,
                rollouts.c.batch.is_not(None),
                rollouts.c.status.in_([status for status in RolloutStatus if not status.finished]),
            )
        ).label("going"),
    )
    .where(commands.c.stack == _OF, commands.c.id > _AFTER)
    .order_by(commands.c.id)
    .limit(PART)
)
_NEWEST_COMMAND = (
    select(commands.c.id).where(commands.c.stack == _OF).order_by(commands.c.id.desc()).offset(_NEWEST).limit(1)
)
_ITS_NEWEST = _NEWEST_COMMAND.where(commands.c.instance == bindparam("named", type_=Text))
_IS_KNOWN = select(instances.c.name).where(instances.c.stack == _OF, instances.c.name == bindparam("named", type_=Text))
_NUMBERS = bindparam("numbers", type_=BigInteger, expanding=True)
_FORGET_ENTRIES = delete(journal).where(journal.c.stack == _OF, journal.c.id.in_(_NUMBERS))
_FORGET_COMMANDS = delete(commands).where(commands.c.stack == _OF, commands.c.id.in_(_NUMBERS), FINISHED)


@dataclass(frozen=True, slots=True)
class OldEntry:
    """An entry of the journal that may be forgotten, as far as its age goes."""

    id: int
    kind: str
    instance: str | None


@dataclass(slots=True)
class OldEntries:
    """A look through the journal, part by part, and how far it is.

    Meant is what is from before a moment, but for the `newest` entries of each of some `kinds` of each instance, and
    of the stack itself, and for those of runs that have not ended. `last` is, of each kind and instance, the newest
    one that may go.
    """

    stack: str
    before: datetime
    kinds: Collection[str]
    newest: int
    after: int = 0
    over: bool = False
    last: dict[tuple[str | None, str], int] = field(default_factory=dict)


@dataclass(slots=True)
class OldCommands:
    """A look through commands, part by part, and how far it is.

    Meant is what ended before a moment, but for the `newest` of all, the newest `each` of every instance that is
    known, and those of rollouts that go on.
    """

    stack: str
    before: datetime
    newest: int
    each: int
    after: int = 0
    over: bool = False
    last: dict[str, int] = field(default_factory=dict)


def read_old_entries(connection: Connection, look: OldEntries) -> tuple[OldEntry, ...]:
    """The next entries from before a moment, oldest first; the look is over where there seem to be no more."""
    of = {"of": look.stack, "before": look.before, "newest": look.newest}
    rows = connection.execute(_ENTRIES, {**of, "after": look.after}).all()
    found = []
    for row in rows:
        if not row.old or row.going:
            continue
        if row.kind in look.kinds:
            key = (row.instance, row.kind)
            if key not in look.last:
                named = {"alike": row.kind, **({} if row.instance is None else {"named": row.instance})}
                look.last[key] = connection.execute(_LIKE_IT[row.instance is None], {**of, **named}).scalar() or 0
            if row.id > look.last[key]:
                continue
        found.append(OldEntry(row.id, row.kind, row.instance))
    look.over = len(rows) < PART or not any(row.old for row in rows)
    look.after = rows[-1].id if rows else look.after
    return tuple(found)


def read_old_commands(connection: Connection, look: OldCommands) -> tuple[int, ...]:
    """The next commands that ended before a moment, oldest first; the look is over where there are no more."""
    of = {"of": look.stack, "before": look.before}
    last = connection.execute(_NEWEST_COMMAND, {**of, "newest": look.newest}).scalar() or 0
    rows = connection.execute(_COMMANDS, {**of, "after": look.after}).all()
    found = []
    for row in rows:
        if row.id > last or not row.old or row.going:
            continue
        if row.instance not in look.last:
            its = {**of, "named": row.instance}
            known = connection.execute(_IS_KNOWN, its).one_or_none() is not None
            newest = connection.execute(_ITS_NEWEST, {**its, "newest": look.each if known else 0}).scalar() or 0
            look.last[row.instance] = newest
        if row.id <= look.last[row.instance]:
            found.append(row.id)
    look.over = len(rows) < PART or rows[-1].id > last
    look.after = rows[-1].id if rows else look.after
    return tuple(found)


def forget_entries(connection: Connection, stack: str, numbers: Sequence[int]) -> int:
    """Remove entries of the journal. Returns how many were there."""
    return connection.execute(_FORGET_ENTRIES, {"of": stack, "numbers": numbers}).rowcount


def forget_commands(connection: Connection, stack: str, numbers: Sequence[int]) -> int:
    """Remove ended commands with their logs. Returns how many were there."""
    return connection.execute(_FORGET_COMMANDS, {"of": stack, "numbers": numbers}).rowcount
