"""The subnets that the stack file names, as AWS knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.ec2 import calls
from stackward.providers.ec2.connection import Connection


def found(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The subnets by their ids. Raises ProviderError where one is not there."""
    if not ids:
        return {}
    known = {item["SubnetId"]: item for item in calls.describe_subnets(connection, {"subnet-id": ids})}
    missing = [subnet for subnet in ids if subnet not in known]
    if missing:
        raise ProviderError(
            f"There is no subnet {missing[0]} in {connection.region}. Correct provider.subnets in the stack file."
        )
    return known
