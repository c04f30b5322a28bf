"""Requests for spot instances: one for each that was bought so, and what AWS says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.ec2_stand_in.filters import fits

NOTICED_AT = datetime(2026, 3, 2, 11, 59, 30, tzinfo=UTC)


class Spot:
    """Every instance that is spot has a request. `notices` has the status of those that AWS takes back, by their id."""

    def __init__(self, instances: dict[str, dict[str, Any]]) -> None:
        self.instances = instances
        self.notices: dict[str, str] = {}

    def notice(self, instance_id: str, code: str = "instance-terminated-no-capacity") -> None:
        """AWS gives an instance two minutes. It runs on, and ends when the test says so."""
        self.notices[instance_id] = code

    def DescribeSpotInstanceRequests(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        every = [self._request(item) for item in self.instances.values() if item.get("InstanceLifecycle") == "spot"]
        return {"SpotInstanceRequests": [item for item in every if fits(item, given.get("Filters", ()))]}

    def _request(self, instance: dict[str, Any]) -> dict[str, Any]:
        code = self.notices.get(instance["InstanceId"], "fulfilled")
        return {
            "SpotInstanceRequestId": f"sir-{instance['InstanceId'][-8:]}",
            "InstanceId": instance["InstanceId"],
            "Status": {"Code": code, "UpdateTime": NOTICED_AT},
        }
