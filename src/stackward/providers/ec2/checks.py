"""The status checks that AWS makes of running instances, as a word for what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackward.providers.ec2 import calls
from stackward.providers.ec2.connection import Connection

ASKED_AT_ONCE = 100
"""The most instances whose checks AWS tells by their ids in one call."""

_CHECKS = {"SystemStatus": "system status check", "InstanceStatus": "instance status check"}


def impaired(connection: Connection, machine_ids: Sequence[str]) -> Mapping[str, str]:
    """What is wrong with the instances whose checks fail. One that AWS has not checked yet counts as sound."""
    parts = [machine_ids[first : first + ASKED_AT_ONCE] for first in range(0, len(machine_ids), ASKED_AT_ONCE)]
    every = [item for part in parts for item in calls.describe_instance_status(connection, part)]
    return {item["InstanceId"]: said for item in every if (said := " and ".join(_failing(item)))}


def _failing(item: Mapping[str, Any]) -> Iterator[str]:
    for key, check in _CHECKS.items():
        its = item.get(key, {})
        if its.get("Status") == "impaired":
            since = next((each["ImpairedSince"] for each in its.get("Details", ()) if each.get("ImpairedSince")), None)
            yield f"its {check} fails" + (f" since {since:%H:%M:%S} UTC" if since else "")
