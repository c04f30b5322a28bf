"""Elastic addresses: one an instance of the stack, found by its tags, kept until the stack is removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackward.errors import AddressTakenError
from stackward.providers.ec2 import already, calls, tags, waiting
from stackward.providers.ec2.answers import Meaning
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.errors import CallError
from stackward.providers.ec2.retrying import UNCLEAR, repeated
from stackward.resources.sight import AddressSeen


def of_stack(connection: Connection, stack: str) -> list[dict[str, Any]]:
    """Every elastic address of the stack."""
    return calls.describe_addresses(connection, tags.filters(stack=stack))


def seen(connection: Connection, stack: str) -> dict[str, AddressSeen]:
    """The elastic addresses of the stack's instances, by instance, and who has them now."""
    found = sorted(of_stack(connection, stack), key=lambda item: str(item["AllocationId"]), reverse=True)
    return {tags.read(item).get(tags.INSTANCE, ""): AddressSeen(item["PublicIp"], _holder(item)) for item in found}


def _holder(item: Mapping[str, Any]) -> str:
    """The machine, or the network interface of something else, that has the address; "" for nobody."""
    return str(item.get("InstanceId") or item.get("NetworkInterfaceId") or "")


def by_machine(addresses: list[dict[str, Any]]) -> dict[str, str]:
    """Addresses by the machine that has them now."""
    return {item["InstanceId"]: item["PublicIp"] for item in addresses if item.get("InstanceId")}


def attach(connection: Connection, stack: str, instance: str, machine_id: str, extra: Mapping[str, str]) -> str:
    """Give the machine the address of its instance, and return it. It is allocated the first time.

    The tags come with the allocation, so that one whose answer was lost is found and not allocated twice. It is taken
    from a former machine of the instance, and from nobody else: raises AddressTakenError.
    """
    wanted = tags.written({**extra, "Name": f"{stack}-{instance}", tags.STACK: stack, tags.INSTANCE: instance})
    found = repeated(
        lambda: _of_instance(connection, stack, instance) or calls.allocate_address(connection, wanted),
        UNCLEAR,
        connection.pause,
    )
    if found.get("InstanceId") != machine_id:
        _associate(connection, stack, instance, machine_id, found)
    return str(found["PublicIp"])


def _associate(connection: Connection, stack: str, instance: str, machine_id: str, found: Mapping[str, Any]) -> None:
    holder = _holder(found)
    former = bool(holder) and _is_of(connection, stack, instance, found)
    if holder and not former:
        raise _taken(instance, found["PublicIp"], holder)
    allocation = found["AllocationId"]
    try:
        waiting.known(
            lambda: calls.associate_address(connection, allocation, machine_id, take=former), connection.pause
        )
    except CallError as error:
        if error.code != "Resource.AlreadyAssociated":
            raise
        # Somebody was faster, or this very call was, and its answer was lost.
        holder = _holder(_of_instance(connection, stack, instance) or {})
        if holder != machine_id:
            raise _taken(instance, found["PublicIp"], holder or "something else") from None


def _is_of(connection: Connection, stack: str, instance: str, item: Mapping[str, Any]) -> bool:
    """Whether the machine that has an address is, or was, that of its instance. One that is gone does not have it."""
    if not item.get("InstanceId"):
        return False
    try:
        known = tags.read(calls.describe_instance(connection, item["InstanceId"]))
    except CallError as error:
        if error.meaning is not Meaning.MISSING:
            raise
        return True
    return (known.get(tags.STACK), known.get(tags.INSTANCE)) == (stack, instance)


def _taken(instance: str, address: str, holder: str) -> AddressTakenError:
    return AddressTakenError(
        f"The elastic address {address} of {instance} was given to {holder} by somebody else, who may depend on it "
        "there. Take it from there in the console of AWS (disassociate it), and ask again."
    )


def _of_instance(connection: Connection, stack: str, instance: str) -> dict[str, Any] | None:
    """The address of an instance. Of several, which only somebody else can have made, the one that is in use."""
    known = [item for item in of_stack(connection, stack) if tags.read(item).get(tags.INSTANCE) == instance]
    return min(known, key=lambda item: (not _holder(item), str(item["AllocationId"])), default=None)


def detach(connection: Connection, stack: str, machine_id: str) -> None:
    """Take the address from the machine; it stays the instance's."""
    for item in of_stack(connection, stack):
        if item.get("InstanceId") == machine_id and item.get("AssociationId"):
            _disassociate(connection, item)


def _disassociate(connection: Connection, item: Mapping[str, Any]) -> None:
    with already.so("InvalidAssociationID.NotFound"):
        calls.disassociate_address(connection, item["AssociationId"])


def release_one(connection: Connection, stack: str, instance: str) -> None:
    """Give the address of an instance back to AWS, unless something else has it: raises AddressTakenError."""
    for item in of_stack(connection, stack):
        if tags.read(item).get(tags.INSTANCE) == instance:
            holder = _holder(item)
            if holder and not _is_of(connection, stack, instance, item):
                raise _taken(instance, item["PublicIp"], holder)
            _give_back(connection, item)


def release(connection: Connection, stack: str) -> None:
    """Give every address of the stack back to AWS."""
    for item in of_stack(connection, stack):
        _give_back(connection, item)


def _give_back(connection: Connection, item: Mapping[str, Any]) -> None:
    if item.get("AssociationId"):
        _disassociate(connection, item)
    with already.so("InvalidAllocationID.NotFound"):
        calls.release_address(connection, item["AllocationId"])
