"""Databases of Amazon RDS: found by identifier and tags, made once, waited for, deleted with a last snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackward.definition.database import MASTER, Database, DatabaseEngine, identifier
from stackward.errors import ProviderError
from stackward.providers.ec2 import rds_calls, tags, waiting
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError
from stackward.resources.database_settings import AT_ONCE
from stackward.resources.sight import DatabaseSeen

ENGINES = {DatabaseEngine.POSTGRESQL: "postgres", DatabaseEngine.MYSQL: "mariadb"}
"""MariaDB is what the built-in layer `mysql` installs too."""

_CHANGEABLE = {"instance_class": "DBInstanceClass", "size": "AllocatedStorage", "multi_az": "MultiAZ"}
"""What can be changed later: its key in the stack file, and AWS's name."""

_AVAILABLE = waiting.Waiter(
    "be available",
    frozenset({"available"}),
    frozenset(
        {
            "deleting",
            "failed",
            "inaccessible-encryption-credentials",
            "inaccessible-encryption-credentials-recoverable",
            "incompatible-credentials",
            "incompatible-network",
            "incompatible-option-group",
            "incompatible-parameters",
            "incompatible-restore",
            "insufficient-capacity",
            "restore-error",
            "stopped",
            "stopping",
            "storage-full",
        }
    ),
    attempts=240,
    between=15.0,
)
_BUSY = "InvalidDBInstanceState"
"""What AWS says while it is at another change, which may be the one whose answer was lost."""

_GONE = waiting.Waiter("go", frozenset({"unseen"}), attempts=240, between=15.0)


def seen(connection: Connection, stack: str, databases: Sequence[Database]) -> dict[str, DatabaseSeen]:
    """The databases of the stack that are there, by name."""
    found = {}
    for database in databases:
        described = _described(connection, stack, database.name)
        if described is not None:
            found[database.name] = _seen(described)
    return found


def create(
    connection: Connection, stack: str, database: Database, password: str, extra: Mapping[str, str]
) -> DatabaseSeen:
    """Make the database, or find the one that a lost answer has made, and wait until it is available."""
    name = identifier(stack, database.name)
    found = _described(connection, stack, database.name)
    if found is not None and found["DBInstanceStatus"] == "deleting":
        _until(_GONE, connection, name, database.name)
        found = None
    if found is None:
        try:
            rds_calls.create_db_instance(connection, _parameters(stack, database, password, extra))
        except CallError as error:
            if error.code != "DBInstanceAlreadyExists":
                raise
            _refuse_foreign(connection, stack, database.name)
    try:
        return _seen(_until(_AVAILABLE, connection, name, database.name))
    except waiting.WaitedInVainError as error:
        raise ProviderError(
            f"{error} Look at it in the console of AWS; once it is available, or deleted, converge again."
        ) from None


def _refuse_foreign(connection: Connection, stack: str, name: str) -> None:
    """A lost answer may have made it; without our tag it is somebody else's."""
    if _described(connection, stack, name) is None:
        raise ProviderError(
            f"There is a database {identifier(stack, name)} already, and it is not this stack's: it has no tag "
            f"{tags.STACK}={stack}. Give the database of the stack file another name, or tag that one if it is to be "
            "taken up."
        )


def delete(connection: Connection, stack: str, name: str) -> None:
    """Delete the database after a last snapshot, and wait until it is gone. One that is gone is no error."""
    found = _described(connection, stack, name)
    if found is None:
        return
    called = identifier(stack, name)
    if found["DBInstanceStatus"] != "deleting":
        try:
            rds_calls.delete_db_instance(connection, called, last_snapshot(found))
        except CallError as error:
            now = _described(connection, stack, name) or {"DBInstanceStatus": "deleting"}
            if error.code != _BUSY or now["DBInstanceStatus"] != "deleting":
                raise
    _until(_GONE, connection, called, name)


def last_snapshot(found: Mapping[str, Any]) -> str:
    """What the last snapshot of a database is called: as no other is, also where a new one gets the same name."""
    mark = str(found.get("DbiResourceId", "")).lower().replace("_", "-")[-12:]
    return f"{found['DBInstanceIdentifier']}-last-{mark}".rstrip("-")


def _until(waiter: waiting.Waiter, connection: Connection, called: str, name: str) -> dict[str, Any]:
    return waiting.wait(
        waiter,
        f"The database {name} ({called})",
        lambda: rds_calls.describe_db_instance(connection, called),
        lambda found: str(found["DBInstanceStatus"]),
        connection.pause,
    )


def _described(connection: Connection, stack: str, name: str) -> dict[str, Any] | None:
    try:
        found = rds_calls.describe_db_instance(connection, identifier(stack, name))
    except CallError as error:
        if error.meaning is not Meaning.MISSING:
            raise
        return None
    ours = {tag["Key"]: tag["Value"] for tag in found.get("TagList", ())}
    return found if ours.get(tags.STACK) == stack else None


def modify(connection: Connection, stack: str, database: Database, settings: Mapping[str, Any]) -> None:
    """Ask for other settings, by their keys in the stack file. AWS makes them by itself; nobody waits for it."""
    parameters = {
        "DBInstanceIdentifier": identifier(stack, database.name),
        "ApplyImmediately": bool(database.options.get(AT_ONCE, True)),
        **{_CHANGEABLE[key]: value for key, value in settings.items()},
    }
    try:
        rds_calls.modify_db_instance(connection, parameters)
    except CallError as error:
        now = _described(connection, stack, database.name)
        if error.code != _BUSY or now is None or not settings.items() <= _seen(now).settings.items():
            raise


def _seen(found: Mapping[str, Any]) -> DatabaseSeen:
    endpoint = found.get("Endpoint") or {}
    # What AWS is about to change counts as changed: asking for it again would begin it anew.
    to_be = {**found, **(found.get("PendingModifiedValues") or {})}
    return DatabaseSeen(
        str(found["DBInstanceStatus"]),
        endpoint.get("Address"),
        endpoint.get("Port"),
        {key: to_be[name] for key, name in _CHANGEABLE.items() if name in to_be},
        grows=bool(found.get("MaxAllocatedStorage")),
    )


def _parameters(stack: str, database: Database, password: str, extra: Mapping[str, str]) -> dict[str, Any]:
    name = identifier(stack, database.name)
    ours = {**extra, "Name": name, tags.STACK: stack, tags.DATABASE: database.name}
    options = database.options
    optional = {
        "EngineVersion": database.version,
        "DBSubnetGroupName": options.get("subnet_group"),
        "VpcSecurityGroupIds": options.get("security_groups"),
        "KmsKeyId": options.get("kms_key"),
        "Port": database.port,
    }
    return {
        "DBInstanceIdentifier": name,
        "DBName": database.database,
        "Engine": ENGINES[database.engine],
        "DBInstanceClass": options["instance_class"],
        "AllocatedStorage": database.size,
        "StorageType": "gp3",
        "StorageEncrypted": options["encrypted"],
        "MultiAZ": options["multi_az"],
        "BackupRetentionPeriod": options["backup_days"],
        "PubliclyAccessible": False,
        "CopyTagsToSnapshot": True,
        "MasterUsername": MASTER,
        "MasterUserPassword": password,
        "Tags": tags.written(ours),
        **{key: value for key, value in optional.items() if value is not None},
    }
