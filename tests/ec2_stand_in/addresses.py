"""Elastic addresses."""

from __future__ import annotations

import itertools
from typing import Any

from tests.ec2_stand_in.faults import AwsError
from tests.ec2_stand_in.filters import fits
from tests.ec2_stand_in.hypervisor import Hypervisor


class Addresses:
    """Those that are allocated, and the instances that have them.

    `unknown` is how many associations are refused as the address is too new, `late` whether descriptions do not show
    yet who has one.
    """

    def __init__(self, instances: dict[str, dict[str, Any]], hypervisor: Hypervisor) -> None:
        self.instances = instances
        self.hypervisor = hypervisor
        self.numbers = itertools.count(1)
        self.addresses: dict[str, dict[str, Any]] = {}
        self.unknown = 0
        self.late = False

    def is_of(self, instance_id: str) -> bool:
        """Whether an instance has an elastic address."""
        return any(address.get("InstanceId") == instance_id for address in self.addresses.values())

    def let_go(self, instance_id: str) -> None:
        """An instance is gone, and leaves the address that it had."""
        for address in self.addresses.values():
            if address.get("InstanceId") == instance_id:
                address.pop("InstanceId")
                address.pop("AssociationId")

    def AllocateAddress(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        number = next(self.numbers)
        allocation = f"eipalloc-{number:017x}"
        tags = given.get("TagSpecifications", [{"Tags": []}])[0]["Tags"]
        made = {"AllocationId": allocation, "PublicIp": self.hypervisor.elastic(number), "Tags": tags}
        self.addresses[allocation] = made
        return {key: value for key, value in made.items() if key != "Tags"}

    def DescribeAddresses(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [item for item in self.addresses.values() if fits(item, given.get("Filters", ()))]
        holder = ("InstanceId", "AssociationId") if self.late else ()
        return {"Addresses": [{key: value for key, value in item.items() if key not in holder} for item in found]}

    def AssociateAddress(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.unknown:
            self.unknown -= 1
            raise AwsError("InvalidAllocationID.NotFound", f"The allocation '{given['AllocationId']}' does not exist")
        address = self.addresses[given["AllocationId"]]
        instance = self._instance(given["InstanceId"])
        if instance["State"]["Name"] not in ("running", "stopped", "pending"):
            raise AwsError("IncorrectInstanceState", "The pending-instance-creation instance is not valid")
        if address.get("InstanceId", given["InstanceId"]) != given["InstanceId"] and not given.get(
            "AllowReassociation"
        ):
            raise AwsError("Resource.AlreadyAssociated", f"The address is associated with {address['InstanceId']}")
        self._taken_from(address)
        self.hypervisor.associate(instance["InstanceId"], address["PublicIp"])
        address |= {"InstanceId": instance["InstanceId"], "AssociationId": f"eipassoc-{next(self.numbers):017x}"}
        if not self.late:
            instance["PublicIpAddress"] = address["PublicIp"]
        return {"AssociationId": address["AssociationId"]}

    def DisassociateAddress(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        having = [item for item in self.addresses.values() if item.get("AssociationId") == given["AssociationId"]]
        if not having:
            raise AwsError(
                "InvalidAssociationID.NotFound", f"The association '{given['AssociationId']}' does not exist"
            )
        self._taken_from(having[0])
        return {}

    def ReleaseAddress(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if given["AllocationId"] not in self.addresses:
            raise AwsError("InvalidAllocationID.NotFound", f"The allocation '{given['AllocationId']}' does not exist")
        if self.addresses[given["AllocationId"]].get("AssociationId"):
            raise AwsError("InvalidIPAddress.InUse", "The address is in use")
        del self.addresses[given["AllocationId"]]
        return {}

    def _taken_from(self, address: dict[str, Any]) -> None:
        """Whoever has the address has it no more."""
        instance_id = address.pop("InstanceId", None)
        address.pop("AssociationId", None)
        if instance_id is not None:
            self.instances[instance_id].pop("PublicIpAddress", None)
            self.hypervisor.disassociate(instance_id, address["PublicIp"])

    def _instance(self, instance_id: str) -> dict[str, Any]:
        if instance_id not in self.instances:
            raise AwsError("InvalidInstanceID.NotFound", f"The instance IDs '{instance_id}' do not exist")
        return self.instances[instance_id]
