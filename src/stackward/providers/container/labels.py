"""What Stackward writes on the engine's objects, so that they are found again whatever happened."""

from __future__ import annotations

from collections.abc import Mapping

STACK = "stackward.stack"
INSTANCE = "stackward.instance"
TOKEN = "stackward.token"  # noqa: S105
PARAMETERS = "stackward.parameters"
ADDRESS = "stackward.address"
HOST_KEY = "stackward.host-key"
ZONE = "stackward.zone"
GROWN = "stackward.grown"
"""On a host that was made anew from another one's disk, to have more volumes: it is the same machine."""

RECIPE = "stackward.recipe"


def arguments(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Command line arguments that put labels on what is created."""
    return tuple(part for name, value in labels.items() for part in ("--label", f"{name}={value}"))


def selecting(stack: str) -> tuple[str, ...]:
    """Command line arguments that select what belongs to a stack."""
    return ("--filter", f"label={STACK}={stack}")
