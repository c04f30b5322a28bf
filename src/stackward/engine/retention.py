"""Forgets what is older than a stack's `retention`: entries of the journal, and ended commands with their logs.

Kept for longer is all that anybody decides by, whatever its age. These read the past:

- healing: which remedies were tried, back-offs, tries, whether an instance has recovered (`healing.ladder`), and what
  was withheld last (`engine.healing`)
- scaling: the last request, failures, refusals, how long starts took (`scaling.past`); the newest commands, during
  which metrics do not count (`engine.scaling`)
- a run: what it has failed at (`engine.claiming`), and how its rollouts go (`engine.rollouts`)
- a person: who asked for what is pending, why a Configure is due (`status`, `why`), and incidents that are not over

Releases, what may be gone back to, resources, claims, requests and what was measured have tables of their own, which
nothing here touches.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from stackward.definition.model import Stack
from stackward.healing import incidents, ladder, recording
from stackward.scaling import past
from stackward.state.records import StackState
from stackward.state.retention import OldCommands, OldEntries, OldEntry
from stackward.state.store import Store

KINDS = frozenset({*ladder.KINDS, *past.KINDS, *incidents.KINDS, "generation"})
"""The kinds of entries that somebody decides by, or explains what is so now."""

NEWEST = 500
"""Entries of each of these kinds that stay of each instance: more than any reader looks at."""

COMMANDS = 1_000
"""The newest commands of the stack that stay, and ten more for each instance: more than any reader looks at."""

COMMANDS_EACH = 30
"""Commands that stay of each instance."""

EVERY = timedelta(days=1)
"""How often whoever does it beside other work looks for what is too old."""

CLOCK_IN_DOUBT = timedelta(days=30)
"""After so long without a look the clock may have leapt, so nothing is forgotten before it has been so for a day."""

AT_ONCE = 200
"""Rows that are removed in one transaction: nobody who writes meanwhile waits for more."""

BETWEEN_SECONDS = 0.05
"""How long others may write between two of them."""

GIVING_WAY_SECONDS = 0.001
"""How long other threads of the process may read between two parts of a look."""

MOST_FOR_A_RUN = 10_000
"""Rows that the end of a run removes at most; the rest is for the next one."""

NAME = "retention of the journal"
"""The name under which it is kept when that was done last. No source of measurements can have it."""

_MORE = "there is more"
_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Expired:
    """What may be forgotten: numbers of entries and of commands, and from before when they are."""

    before: datetime | None = None
    entries: tuple[int, ...] = ()
    commands: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many rows that is, logs not counted."""
        return len(self.entries) + len(self.commands)


def expired(store: Store, stack: Stack, now: datetime, most: int | None = None) -> Expired:
    """What is older than the stack keeps it, and nobody needs; of it the oldest, at most `most`. Writes nothing."""
    if stack.retention is None:
        return Expired()
    before = now - timedelta(seconds=stack.retention)
    entries = tuple(islice(_entries(store, stack, before), most))
    left = None if most is None else most - len(entries)
    return Expired(before, entries, tuple(islice(_commands(store, stack, before), left)))


def _entries(store: Store, stack: Stack, before: datetime) -> Iterator[int]:
    look = OldEntries(stack.name, before, KINDS, NEWEST)
    kept = _untold(store, stack, store.snapshot(stack.name))
    while not look.over:
        for item in store.old_entries(look):
            if not _is_needed(item, kept, len(stack.instances)):
                yield item.id
        time.sleep(GIVING_WAY_SECONDS)


def _commands(store: Store, stack: Stack, before: datetime) -> Iterator[int]:
    look = OldCommands(stack.name, before, COMMANDS + 10 * len(stack.instances), COMMANDS_EACH)
    while not look.over:
        yield from store.old_commands(look)
        time.sleep(GIVING_WAY_SECONDS)


def _untold(store: Store, stack: Stack, state: StackState) -> Mapping[str, int]:
    """By instance with an incident that is not over, the number of its first entry."""
    histories = store.histories(stack.name, state.instances, incidents.KINDS, _LOOKED_AT)
    seen = store.sightings(stack.name)
    found = {name: incidents.lasting(histories[name], record, seen) for name, record in state.instances.items()}
    return {name: item.id for name, item in found.items() if item is not None}


def _is_needed(entry: OldEntry, lasting: Mapping[str, int], instances: int) -> bool:
    """Whether an incident that is not over is told from the entry. Looks are written before what follows from them."""
    if entry.kind == recording.KIND:
        return bool(lasting) and entry.id >= min(lasting.values()) - 2 - instances
    return entry.instance is not None and entry.id >= lasting.get(entry.instance, entry.id + 1)


def prune(store: Store, stack: Stack, *, actor: str, now: datetime, most: int | None = None) -> Expired:
    """Forget what is too old, `most` rows at most, and say so in the journal. Returns what was forgotten.

    Whoever is killed in between has forgotten a part of it, and the next one the rest.
    """
    found = expired(store, stack, now, most)
    if not found.count or found.before is None:
        return found
    with store.transaction(stack.name) as transaction:
        transaction.note(
            "pruned",
            f"forgets {told(found)}",
            actor=actor,
            now=now,
            data={
                "entries": len(found.entries),
                "commands": len(found.commands),
                "before": found.before.isoformat(),
            },
        )
    for numbers in _parts(found.entries):
        store.forget(stack.name, entries=numbers)
    for numbers in _parts(found.commands):
        store.forget(stack.name, commands=numbers)
    return found


def told(found: Expired) -> str:
    """What was forgotten, in words."""
    day = f"{found.before:%Y-%m-%d %H:%M} UTC" if found.before is not None else ""
    return (
        f"{len(found.entries)} entries of the journal and {len(found.commands)} commands with their logs, from before "
        f"{day}"
    )


def prune_daily(store: Store, stack: Stack, *, actor: str, now: datetime, most: int | None = None) -> Expired:
    """Forget what is too old, once a day however often this is called; at once again where something was left."""
    if stack.retention is None:
        return Expired()
    last = store.collections(stack.name).get(NAME)
    every = timedelta(0) if last is not None and last.failure == _MORE else EVERY
    if last is not None and timedelta(0) <= now - last.at < every:
        return Expired()
    with store.transaction(stack.name) as transaction:
        if not transaction.begin_collection(NAME, every, now):
            return Expired()
    if last is not None and now - last.at > CLOCK_IN_DOUBT:
        return Expired()
    found = prune(store, stack, actor=actor, now=now, most=most)
    with store.transaction(stack.name) as transaction:
        transaction.end_collection(NAME, _MORE if most is not None and found.count == most else "")
    return found


def _parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    """So many at a time, with a pause in between for others to write."""
    for start in range(0, len(numbers), AT_ONCE):
        if start:
            time.sleep(BETWEEN_SECONDS)
        yield numbers[start : start + AT_ONCE]
