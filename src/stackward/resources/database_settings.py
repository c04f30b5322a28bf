"""What can be changed about a database that is there, what cannot, and when it takes effect: pure.

The rules are those of Amazon RDS (user guide, "Settings for DB instances" and "Working with storage").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackward.definition.database import Database
from stackward.resources.sight import DatabaseSeen

CHANGEABLE = frozenset({"available", "storage-optimization"})
"""States in which a change can be asked for."""

AT_ONCE = "apply_immediately"
"""The option that says whether a change is made at once, or in the next maintenance window."""

_LEAST_GROWTH = 10
"""A disk grows by one part in so many at least; less is rounded up, and the file would never be met."""


def wanted(database: Database) -> dict[str, Any]:
    """What the stack file says of settings that can be changed later."""
    return {
        "instance_class": database.options.get("instance_class"),
        "size": database.size,
        "multi_az": database.options.get("multi_az"),
    }


def differing(database: Database, there: DatabaseSeen) -> dict[str, Any]:
    """The settings that the stack file wants otherwise, as it wants them."""
    if not database.options:
        # One that has left the file, of which no more is known than its name.
        return {}
    found = {
        key: value
        for key, value in wanted(database).items()
        if value is not None and key in there.settings and there.settings[key] != value
    }
    if there.grows and found.get("size", 0) < there.settings.get("size", 0):
        found.pop("size", None)
    return found


def refused(database: Database, there: DatabaseSeen) -> dict[str, str]:
    """Of those, what cannot be done, by its key: why, and what to do."""
    if "size" not in differing(database, there):
        return {}
    has = int(there.settings["size"])
    least = has + -(-has // _LEAST_GROWTH)
    if database.size < has:
        return {
            "size": f"its disk has {has}G and the stack file says {database.size}G; a disk cannot shrink. Write "
            f"size: {has}G, or make a smaller database under another name and move the data"
        }
    if database.size < least:
        return {
            "size": f"its disk has {has}G and the stack file says {database.size}G; it grows by a tenth at least. "
            f"Write size: {least}G or more, or {has}G"
        }
    return {}


def when(database: Database, new: Mapping[str, Any]) -> str:
    """When a change takes effect, and what that means for whoever uses the database."""
    if not database.options.get(AT_ONCE, True):
        return "in its next maintenance window"
    return "at once, which interrupts it for some minutes" if "instance_class" in new else "at once, while it runs"


def shown(key: str, value: Any) -> str:
    """A setting's value as the stack file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value}G" if key == "size" else str(value)
