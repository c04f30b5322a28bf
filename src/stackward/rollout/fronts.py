"""What an app's instances are taken out of while they are released, so that nobody notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stackward.definition.model import App, Layer, Stack
from stackward.lifecycle.states import MEMBERS
from stackward.state.records import StackState


def balancers(stack: Stack, state: StackState, name: str, layers: Sequence[Layer]) -> tuple[str, ...]:
    """The online instances with a load balancer in front of an instance; none where its layers ask for no draining."""
    if not any(layer.drain and layer.uses != "haproxy" for layer in layers):
        return ()
    return tuple(
        other
        for other, instance in stack.instances.items()
        if other != name
        and _online(state, other)
        and any(layer.uses == "haproxy" for layer in stack.layers_of(instance))
    )


def others_serve(stack: Stack, state: StackState, app: App, together: Collection[str]) -> bool:
    """Whether somebody answers for the app while those that go `together` are out of their load balancers."""
    return any(
        name not in together and _online(state, name) and app in stack.apps_of(instance)
        for name, instance in stack.instances.items()
    )


def _online(state: StackState, name: str) -> bool:
    return name in state.instances and state.instances[name].state in MEMBERS
