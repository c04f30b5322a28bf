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
    found = [
        _towards_the_file(stack, database, made.get(name), seen.get(name), allow_destroy=allow_destroy)
        for name, database in asked.items()
    ]
    unwanted = [item for name, item in made.items() if name not in asked]
    there = [item for item in unwanted if item.name in seen]
    return Changes(
        changes=(
            *(change for one in found for change in one.changes),
            *((_deletion(stack, item) for item in there) if allow_destroy else ()),
        ),
        kept=() if allow_destroy else tuple(_kept(stack, item) for item in there),
        forgotten=tuple(item for item in unwanted if item.name not in seen),
        problems=tuple(problem for one in found for problem in one.problems),
        unenforced=tuple(text for one in found for text in one.unenforced),
    )


def _towards_the_file(
    stack: Stack, database: Database, item: KnownResource | None, there: DatabaseSeen | None, *, allow_destroy: bool
) -> Changes:
    """What makes a database of the file as the file says; `item` is what is remembered of it."""
    name = database.name
    if there is None or there.state == "deleting":
        if item is not None and item.data.get("host") and not allow_destroy:
            return Changes(problems=(_lost(stack, database),))
        return Changes((_change(stack, Verb.CREATE, database, f"databases.{name} of the stack file"),))
    if not there.ready:
        return Changes((_change(stack, Verb.AWAIT, database, f"it is {there.state}"),))
    changes: list[Change] = []
    if item is None or (item.data.get("host"), item.data.get("port")) != (there.host, there.port):
        changes.append(_change(stack, Verb.AWAIT, database, "where it is has to be noted"))
    refused = settings.refused(database, there)
    new = {key: value for key, value in settings.differing(database, there).items() if key not in refused}
    waiting: tuple[str, ...] = ()
    if new and there.state not in settings.CHANGEABLE:
        waiting = (f"the database {name} is {there.state}; {', '.join(new)} will be changed after that",)
    elif new:
        changes.append(_update(stack, database, there, new))
    problems = tuple(f"The database {name}: {text}" for text in refused.values())
    return Changes(tuple(changes), problems=problems, unenforced=waiting)


def _deletion(stack: Stack, item: KnownResource) -> Change:
    reason = f"{_unwanted(stack, item.name)}; a final snapshot is kept"
    shown = _shown(stack, item.name)
    return Change(ResourceKind.DATABASE, Verb.DELETE, item.name, shown, reason, data=item.data, forgets=item.name)


def _kept(stack: Stack, item: KnownResource) -> Kept:
    return Kept(ResourceKind.DATABASE, item.name, _shown(stack, item.name), _unwanted(stack, item.name))


def _unwanted(stack: Stack, name: str) -> str:
    """Why a database that was made is wanted no more."""
    if name in stack.databases:
        return f"databases.{name} has a host of its own now"
    return f"the stack file has no database {name} any more"


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
        _shown(stack, database.name),
        f"databases.{database.name} of the stack file; {settings.when(database, new)}",
        data={"database": database, "settings": dict(new)},
        before=tuple(f"{key} {settings.shown(key, there.settings[key])}" for key in new),
        after=tuple(f"{key} {settings.shown(key, value)}" for key, value in new.items()),
    )


def _shown(stack: Stack, name: str) -> str:
    return f"database {name} ({identifier(stack.name, name)})"


def _change(stack: Stack, verb: Verb, database: Database, reason: str) -> Change:
    return Change(
        ResourceKind.DATABASE,
        verb,
        database.name,
        _shown(stack, database.name),
        reason,
        data={"database": database},
        known=remembered(database) if verb is Verb.CREATE else None,
        tells=True,
    )
