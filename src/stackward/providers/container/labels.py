"""What Stackward writes on the engine's objects, so that they are found again whatever happened."""

from __future__ import annotations

STACK = "stackward.stack"
INSTANCE = "stackward.instance"
TOKEN = "stackward.token"  # noqa: S105
PARAMETERS = "stackward.parameters"
ADDRESS = "stackward.address"
HOST_KEY = "stackward.host-key"
RECIPE = "stackward.recipe"


def arguments(**values: str) -> tuple[str, ...]:
    """Command line arguments for labels, named without their prefix: `arguments(stack="shop")`."""
    return tuple(
        part for name, value in values.items() for part in ("--label", f"stackward.{name.replace('_', '-')}={value}")
    )


def selecting(stack: str) -> tuple[str, ...]:
    """Command line arguments that select what belongs to a stack."""
    return ("--filter", f"label={STACK}={stack}")
