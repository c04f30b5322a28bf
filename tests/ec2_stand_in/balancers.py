"""Target groups and classic load balancers: members, their health, and draining that takes some looks."""

from __future__ import annotations

from typing import Any

from tests.ec2_stand_in.faults import AwsError


class Balancers:
    """`lag` is how many looks it takes until a member is drained."""

    def __init__(self) -> None:
        self.lag = 2
        self.unused = False
        """Whether no listener uses the target groups, so that nobody in them is looked at."""
        self.groups: dict[str, dict[str, Any]] = {}
        self.classics: dict[str, dict[str, Any]] = {}

    def add_group(self, name: str, port: int = 80) -> str:
        arn = f"arn:aws:elasticloadbalancing:eu-test-1:123456789012:targetgroup/{name}/0123456789abcdef"
        self.groups[arn] = {"name": name, "port": port, "members": {}}
        return arn

    def add_classic(self, name: str) -> None:
        self.classics[name] = {"members": {}}

    def members(self, name: str) -> dict[Any, str]:
        """What each member is: by instance and port, or by instance."""
        if name in self.classics:
            return {key: item["state"] for key, item in self.classics[name]["members"].items()}
        group = next(item for item in self.groups.values() if item["name"] == name)
        return {key: item["state"] for key, item in group["members"].items()}

    # Calls of elbv2.

    def DescribeTargetGroups(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [
            {"TargetGroupArn": arn, "TargetGroupName": item["name"], "Port": item["port"], "Protocol": "HTTP"}
            for arn, item in self.groups.items()
            if item["name"] in given.get("Names", ()) or arn in given.get("TargetGroupArns", ())
        ]
        if not found:
            raise AwsError("TargetGroupNotFound", "One or more target groups not found")
        return {"TargetGroups": found}

    def DescribeTargetHealth(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        members = self._group(given)["members"]
        self._moved_on(members)
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": instance, "Port": port}, "TargetHealth": {"State": item["state"]}}
                for (instance, port), item in members.items()
            ]
        }

    def RegisterTargets(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        group = self._group(given)
        for target in given["Targets"]:
            key = (target["Id"], target.get("Port", group["port"]))
            group["members"][key] = {"state": "unused" if self.unused else "healthy"}
        return {}

    def DeregisterTargets(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        group = self._group(given)
        for target in given["Targets"]:
            self._drain(group["members"], (target["Id"], target.get("Port", group["port"])))
        return {}

    def _group(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["TargetGroupArn"] not in self.groups:
            raise AwsError("TargetGroupNotFound", "The target group is not there")
        return self.groups[given["TargetGroupArn"]]

    # Calls of elb.

    def DescribeLoadBalancers(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = given["LoadBalancerNames"][0]
        self._classic({"LoadBalancerName": name})
        return {"LoadBalancerDescriptions": [{"LoadBalancerName": name}]}

    def DescribeInstanceHealth(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        members = self._classic(given)["members"]
        self._moved_on(members)
        draining = "Instance deregistration currently in progress."
        return {
            "InstanceStates": [
                {
                    "InstanceId": key,
                    "State": "OutOfService" if item["state"] == "unhealthy" else "InService",
                    "Description": draining if item["state"] == "draining" else "N/A",
                }
                for key, item in members.items()
            ]
        }

    def RegisterInstancesWithLoadBalancer(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in given["Instances"]:
            self._classic(given)["members"][item["InstanceId"]] = {"state": "healthy"}
        return {}

    def DeregisterInstancesFromLoadBalancer(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for item in given["Instances"]:
            self._drain(self._classic(given)["members"], item["InstanceId"])
        return {}

    def _classic(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["LoadBalancerName"] not in self.classics:
            raise AwsError("LoadBalancerNotFound", "There is no ACTIVE Load Balancer")
        return self.classics[given["LoadBalancerName"]]

    def _drain(self, members: dict[Any, Any], key: Any) -> None:
        if key in members:
            members[key] = {"state": "draining", "looks": self.lag}

    @staticmethod
    def _moved_on(members: dict[Any, Any]) -> None:
        for key, item in list(members.items()):
            if item["state"] == "draining":
                item["looks"] -= 1
                if item["looks"] < 0:
                    del members[key]
