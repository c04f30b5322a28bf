"""Whether somebody else's state has machines for a stack of the same name."""

from __future__ import annotations

from stackward.engine import attempts
from stackward.engine.hold import HeldInstance
from stackward.errors import ProviderError
from stackward.providers.base import (
    Capability,
    MachineState,
    Provider,
)

_NAMED = 3
"""How many machines of another state an error names."""


def refuse(held: HeldInstance, provider: Provider) -> None:
    """Refuse the first machine of a state where the provider has machines of a stack of that name already.

    Tokens are committed before the provider is asked, so one whose token nobody here has was made by another state.
    """
    known = held.store.snapshot(held.stack.name).instances.values()
    if Capability.OWNED in provider.capabilities or any(item.machine and item.machine.id for item in known):
        return
    there = [item for item in provider.describe(held.stack.name).values() if item.state is not MachineState.TERMINATING]
    # Read after the provider was asked: other instances of this run are launched meanwhile.
    state = held.store.snapshot(held.stack.name)
    tokens = {token for item in state.instances.values() if item.machine for token in attempts.tokens(item.machine)}
    theirs = [
        f"{item.id} ({item.instance}, made for the token {item.token})" for item in there if item.token not in tokens
    ]
    if theirs:
        more = f" and {len(theirs) - _NAMED} more" if len(theirs) > _NAMED else ""
        raise ProviderError(
            f"A stack {held.stack.name} has machines already that this state has not made: "
            f"{', '.join(sorted(theirs)[:_NAMED])}{more}. Another controller or checkout has a stack of that name: "
            "give this one another name, or use the state of that one. Where that state is lost, remove its machines; "
            "if it is none of this stack, take the tags stackward:… from it."
        )
