"""Databases of RDS: identifiers that are there once, states that take some looks, and last snapshots."""

from __future__ import annotations

import copy
import itertools
from typing import Any

from tests.ec2_stand_in.faults import AwsError
from tests.ec2_stand_in.hypervisor import Hypervisor


class Databases:
    """`lag` is how many looks a change of state takes."""

    def __init__(self, hypervisor: Hypervisor) -> None:
        self.hypervisor = hypervisor
        self.lag = 2
        self.databases: dict[str, dict[str, Any]] = {}
        self.snapshots: list[str] = []
        self.waits: dict[str, int] = {}
        self.numbers = itertools.count(1)

    def CreateDBInstance(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = given["DBInstanceIdentifier"]
        if name in self.databases:
            raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
        kept = ("DBInstanceIdentifier", "DBInstanceClass", "Engine", "AllocatedStorage", "MultiAZ", "DBName")
        self.databases[name] = {
            **{key: given[key] for key in kept},
            "MasterUsername": given["MasterUsername"],
            "DBInstanceStatus": "creating",
            "DbiResourceId": f"db-ABCDEFGHIJKLMNOP{next(self.numbers):04d}",
            "TagList": given.get("Tags", []),
            "password": given["MasterUserPassword"],
        }
        self.waits[name] = self.lag
        return {"DBInstance": self._shown(name)}

    def DescribeDBInstances(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = given["DBInstanceIdentifier"]
        self._moved_on(name)
        if name not in self.databases:
            raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        return {"DBInstances": [self._shown(name)]}

    def ModifyDBInstance(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = given["DBInstanceIdentifier"]
        if name not in self.databases:
            raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        found = self.databases[name]
        if found["DBInstanceStatus"] not in ("available", "storage-optimization"):
            raise AwsError("InvalidDBInstanceState", f"DB instance is not in available state: {name}")
        if given.get("AllocatedStorage", found["AllocatedStorage"]) < found["AllocatedStorage"]:
            raise AwsError("InvalidParameterCombination", "Requested storage size is smaller than the current one")
        asked = {key: given[key] for key in ("DBInstanceClass", "AllocatedStorage", "MultiAZ") if key in given}
        if "AllocatedStorage" in asked:
            asked["AllocatedStorage"] = max(asked["AllocatedStorage"], -(-found["AllocatedStorage"] * 11 // 10))
        found["PendingModifiedValues"] = {**found.get("PendingModifiedValues", {}), **asked}
        if given["ApplyImmediately"]:
            found["DBInstanceStatus"] = "modifying"
            self.waits[name] = self.lag
        return {"DBInstance": self._shown(name)}

    def DeleteDBInstance(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = given["DBInstanceIdentifier"]
        if name not in self.databases:
            raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        if self.databases[name]["DBInstanceStatus"] == "deleting":
            raise AwsError("InvalidDBInstanceState", "Instance is already being deleted.")
        assert given["SkipFinalSnapshot"] is False
        if given["FinalDBSnapshotIdentifier"] in self.snapshots:
            raise AwsError("DBSnapshotAlreadyExists", "The snapshot is there already")
        self.snapshots.append(given["FinalDBSnapshotIdentifier"])
        self.databases[name]["DBInstanceStatus"] = "deleting"
        self.waits[name] = self.lag
        return {}

    def _shown(self, name: str) -> dict[str, Any]:
        return {key: copy.deepcopy(value) for key, value in self.databases[name].items() if key != "password"}

    def _moved_on(self, name: str) -> None:
        if name not in self.waits:
            return
        self.waits[name] -= 1
        if self.waits[name] >= 0:
            return
        del self.waits[name]
        if self.databases[name]["DBInstanceStatus"] == "deleting":
            self.hypervisor.drop_database(name)
            del self.databases[name]
        else:
            made = self.databases[name]
            pending = made.pop("PendingModifiedValues", {})
            if "Endpoint" not in made:
                address, port = self.hypervisor.make_database(
                    name, made["DBName"], made["MasterUsername"], made["password"]
                )
                made["Endpoint"] = {"Address": address, "Port": port}
            made |= {"DBInstanceStatus": "available", **pending}
