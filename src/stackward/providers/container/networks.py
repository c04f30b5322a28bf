"""The network of a stack: made once, on a subnet that the engine finds free, and removed without a trace."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from stackward.errors import ProviderError
from stackward.providers.container import labels
from stackward.providers.container.engine import Engine, EngineName
from stackward.providers.container.errors import NotFoundError

LEASES = Path("/var/lib/cni/networks")
"""Where Podman's older network layer keeps what addresses it gave to whom, and forgets to tidy up."""


def name(stack: str) -> str:
    """The name of a stack's network."""
    return f"stackward-{stack}"


def ensure(engine: Engine, stack: str, wanted: str | None) -> str:
    """The subnet of the stack's network, made now if there is none; `wanted` is the subnet that it shall have.

    The caller holds the stack's lock. Raises ProviderError when the network there has another subnet.
    """
    found = subnet_of(engine, stack)
    if found is None:
        _create(engine, stack, wanted)
        found = subnet_of(engine, stack)
    if found is None:
        raise ProviderError(f"{engine.name.value} made the network {name(stack)} but does not show its subnet.")
    if wanted is not None and found != wanted:
        raise ProviderError(
            f"The network {name(stack)} has the subnet {found}, the stack file wants {wanted}. "
            "Remove the stack first, or take the option away."
        )
    return found


def subnet_of(engine: Engine, stack: str) -> str | None:
    """The IPv4 subnet of the stack's network, None where there is no network."""
    try:
        printed = engine.run("network", "inspect", name(stack), to=f"inspect the network {name(stack)}")
    except NotFoundError:
        return None
    return subnet_in(printed)


def subnet_in(printed: str) -> str | None:
    """The first IPv4 subnet in what `network inspect` of either engine printed."""
    described: dict[str, Any] = json.loads(printed)[0]
    subnets = [entry.get("subnet") for entry in described.get("subnets") or ()]
    subnets += [entry.get("Subnet") for entry in (described.get("IPAM") or {}).get("Config") or ()]
    for plugin in described.get("plugins") or ():
        subnets += [entry.get("subnet") for ranges in plugin.get("ipam", {}).get("ranges") or () for entry in ranges]
    return next((subnet for subnet in subnets if subnet and ":" not in subnet), None)


def remove(engine: Engine, stack: str) -> None:
    """Remove the stack's network and what the engine remembers of its addresses."""
    every = ("network", "ls", "--format", "{{.Name}}", *labels.selecting(stack))
    for network in engine.run(*every, to="list the networks").split():
        with suppress(NotFoundError):
            engine.run("network", "rm", network, to=f"remove the network {network}")
    if os.geteuid() == 0:
        shutil.rmtree(LEASES / name(stack), ignore_errors=True)


def free_lease(stack: str, address: str) -> bool:
    """Drop the engine's record that an address is in use; whether there was one.

    It survives crashes and power cuts. Addresses are given out by Stackward alone, so nobody else can be using it.
    """
    lease = LEASES / name(stack) / str(ipaddress.IPv4Address(address))
    try:
        lease.unlink()
    except OSError:
        return False
    return True


def _create(engine: Engine, stack: str, subnet: str | None) -> None:
    if engine.name is EngineName.DOCKER and subnet is None:
        subnet = _free_subnet(engine, stack)
    flags = ("--subnet", subnet) if subnet else ()
    marked = labels.arguments({labels.STACK: stack})
    engine.run("network", "create", *flags, *marked, name(stack), to=f"create the network {name(stack)}")


def _free_subnet(engine: Engine, stack: str) -> str | None:
    """A subnet that Docker chooses; it gives fixed addresses only on one that was asked for."""
    trial = f"{name(stack)}-trial"
    engine.run("network", "create", *labels.arguments({labels.STACK: stack}), trial, to="find a free subnet")
    printed = engine.run("network", "inspect", trial, to=f"inspect the network {trial}")
    engine.run("network", "rm", trial, to=f"remove the network {trial}")
    return subnet_in(printed)
