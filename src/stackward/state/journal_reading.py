"""Rows of the journal as records."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Text, bindparam, select

from stackward.state.records import JournalEntry
from stackward.state.tables import journal

_STACK = bindparam("stack", type_=Text)

_JOURNAL = select(
    journal.c.id,
    journal.c.at,
    journal.c.kind,
    journal.c.actor,
    journal.c.instance,
    journal.c.run,
    journal.c.text,
    journal.c.data,
).where(journal.c.stack == _STACK)


def read_journal(
    connection: Connection,
    stack: str,
    *,
    instance: str | None,
    kinds: tuple[str, ...],
    after: int,
    limit: int,
    newest: bool,
    run: int | None = None,
) -> tuple[JournalEntry, ...]:
    """At most `limit` entries with a number above `after`, oldest first: the newest of them, or the oldest."""
    wanted = _JOURNAL.where(journal.c.id > after)
    if instance is not None:
        wanted = wanted.where(journal.c.instance == instance)
    if run is not None:
        wanted = wanted.where(journal.c.run == run)
    if kinds:
        wanted = wanted.where(journal.c.kind.in_(kinds))
    # Of few entries among many: sorting those few costs less than going through all in the order of their numbers.
    order = journal.c.id + 0 if kinds and (instance is not None or run is not None) else journal.c.id
    wanted = wanted.order_by(order.desc() if newest else order).limit(limit)
    entries = [JournalEntry(*row) for row in connection.execute(wanted, {"stack": stack})]
    return tuple(reversed(entries) if newest else entries)


def read_histories(
    connection: Connection, stack: str, instances: Iterable[str], kinds: tuple[str, ...], limit: int
) -> dict[str, tuple[JournalEntry, ...]]:
    """The newest entries of these kinds of each instance, oldest first."""
    return {
        name: read_journal(connection, stack, instance=name, kinds=kinds, after=0, limit=limit, newest=True)
        for name in instances
    }
