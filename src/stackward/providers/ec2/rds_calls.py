"""The calls of the API of Amazon RDS that are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackward.providers.ec2.connection import Connection, call


@call("describe a database")
def describe_db_instance(connection: Connection, identifier: str) -> dict[str, Any]:
    """One database by its identifier, with its tags."""
    answer = connection.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)
    return dict(answer["DBInstances"][0])


@call("create a database")
def create_db_instance(connection: Connection, parameters: Mapping[str, Any]) -> None:
    """A new database. An account has each identifier once in a region, so repeating it makes no second one."""
    connection.client("rds").create_db_instance(**parameters)


@call("change a database")
def modify_db_instance(connection: Connection, parameters: Mapping[str, Any]) -> None:
    """Ask for other settings of a database. Repeating it asks for the same."""
    connection.client("rds").modify_db_instance(**parameters)


@call("delete a database")
def delete_db_instance(connection: Connection, identifier: str, snapshot: str) -> None:
    """Delete a database, after a snapshot of all that is in it."""
    connection.client("rds").delete_db_instance(
        DBInstanceIdentifier=identifier, SkipFinalSnapshot=False, FinalDBSnapshotIdentifier=snapshot
    )
