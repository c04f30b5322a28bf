"""Which databases the provider has to make, to wait for, or to give up: a pure comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackward.definition.database import Database, DatabaseEngine, identifier
from stackward.definition.model import Stack
from stackward.known_resource import KnownResource, ResourceKind
from stackward.resources import database_settings as settings
from stackward.resources.change import Change, Changes, Kept, Verb
from stackward.resources.sight import DatabaseSeen


def wanted(stack: Stack) -> tuple[Database, ...]:
    """The databases that the provider makes; those with a host are somebody's."""
    return tuple(database for database in stack.databases.values() if not database.registered)


def looked_for(stack: Stack, known: Sequence[KnownResource]) -> tuple[Database, ...]:
    """The databases to look at: those of the file, and those that are remembered."""
    found = {database.name: database for database in wanted(stack)}
    for item in known:
        if item.kind is ResourceKind.DATABASE and item.name not in found:
            engine = DatabaseEngine(item.data["engine"])
            found[item.name] = Database(item.name, engine, item.data["database"])
    return tuple(found.values())


def decide(
    stack: Stack, known: Sequence[KnownResource], seen: Mapping[str, DatabaseSeen], *, allow_destroy: bool = False
) -> Changes:
    """What has to change. A database that nobody wants any more is kept unless its deletion is allowed."""
    made = {item.name: item for item in known if item.kind is ResourceKind.DATABASE}
    asked = {database.name: database for database in wanted(stack)}
    changes: list[Change] = []
    problems: list[str] = []
    waiting: list[str] = []
    for name, database in asked.items():
        there = seen.get(name)
        item = made.get(name)
        if there is None or there.state == "deleting":
            if item is not None and item.data.get("host") and not allow_destroy:
                problems.append(_lost(stack, database))
                continue
            changes.append(_change(stack, Verb.CREATE, database, f"databases.{name} of the stack file"))
            continue
        if not there.ready:
            changes.append(_change(stack, Verb.AWAIT, database, f"it is {there.state}"))
        elif item is None or (item.data.get("host"), item.data.get("port")) != (there.host, there.port):
            changes.append(_change(stack, Verb.AWAIT, database, "where it is has to be noted"))
        if not there.ready:
            continue
        new = settings.differing(database, there)
        refused = settings.refused(database, there)
        problems += [f"The database {name}: {text}" for text in refused.values()]
        new = {key: value for key, value in new.items() if key not in refused}
        if new and there.state not in settings.CHANGEABLE:
            waiting.append(f"the database {name} is {there.state}; {', '.join(new)} will be changed after that")
        elif new:
            changes.append(_update(stack, database, there, new))
    kept: list[Kept] = []
    for name, item in made.items():
        if name in asked or name not in seen:
            continue
        reason = f"the stack file has no database {name} any more"
        if name in stack.databases:
            reason = f"databases.{name} has a host of its own now"
        shown = f"database {name} ({identifier(stack.name, name)})"
        if allow_destroy:
            with_copy = f"{reason}; a final snapshot is kept"
            changes.append(
                Change(ResourceKind.DATABASE, Verb.DELETE, name, shown, with_copy, data=item.data, forgets=name)
            )
        else:
            kept.append(Kept(ResourceKind.DATABASE, name, shown, reason))
    gone = tuple(item for name, item in made.items() if name not in asked and name not in seen)
    return Changes(
        changes=tuple(changes), kept=tuple(kept), forgotten=gone, problems=tuple(problems), unenforced=tuple(waiting)
    )


def remembered(database: Database, there: DatabaseSeen | None = None) -> KnownResource:
    """What is remembered of a database, and where it is once that is known."""
    data = {"engine": database.engine.value, "database": database.database}
    where = {} if there is None else {"host": there.host, "port": there.port}
    return KnownResource(ResourceKind.DATABASE, database.name, {**data, **where})


def _lost(stack: Stack, database: Database) -> str:
    """An empty one in its place would take its name from what is restored."""
    called = identifier(stack.name, database.name)
    return (
        f"The database {database.name} ({called}) is gone, and what was in it, or somebody "
        "has taken its tags. Tag it again, or restore it under that name with them; or, to have an empty one: "
        "stackward converge --allow-destroy"
    )


def _update(stack: Stack, database: Database, there: DatabaseSeen, new: Mapping[str, Any]) -> Change:
    return Change(
        ResourceKind.DATABASE,
        Verb.UPDATE,
        database.name,
        _shown(stack, database),
        f"databases.{database.name} of the stack file; {settings.when(database, new)}",
        data={"database": database, "settings": dict(new)},
        before=tuple(f"{key} {settings.shown(key, there.settings[key])}" for key in new),
        after=tuple(f"{key} {settings.shown(key, value)}" for key, value in new.items()),
    )


def _shown(stack: Stack, database: Database) -> str:
    return f"database {database.name} ({identifier(stack.name, database.name)})"


def _change(stack: Stack, verb: Verb, database: Database, reason: str) -> Change:
    return Change(
        ResourceKind.DATABASE,
        verb,
        database.name,
        _shown(stack, database),
        reason,
        data={"database": database},
        known=remembered(database) if verb is Verb.CREATE else None,
        tells=True,
    )
