"""Sessions of Systems Manager: who may begin one, and which are open."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from tests.ec2_stand_in.faults import AwsError
from tests.ec2_stand_in.hypervisor import Hypervisor


class Sessions:
    """Those of one account. The agent of an instance takes them while the instance runs."""

    def __init__(self, instances: Mapping[str, dict[str, Any]], hypervisor: Hypervisor) -> None:
        self.instances = instances
        self.hypervisor = hypervisor
        self.open: dict[str, str] = {}
        self.numbers = itertools.count(1)

    def StartSession(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        target = given["Target"]
        known = target in self.instances and self.instances[target]["State"]["Name"] == "running"
        if not known or not self.hypervisor.managed(target):
            raise AwsError("TargetNotConnected", f"{target} is not connected.")
        session = f"shop-{next(self.numbers):017x}"
        self.open[session] = target
        return {
            "SessionId": session,
            "TokenValue": "token",
            "StreamUrl": f"wss://ssmmessages.test/v1/data-channel/{session}?role=publish_subscribe",
        }

    def TerminateSession(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.open.pop(given["SessionId"], None)
        return {"SessionId": given["SessionId"]}
