"""A command for one instance with all that it is compiled against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stackward.attributes import DatabasePlace
from stackward.definition.model import Instance, Layer, Secret, Stack
from stackward.engine import databases, services
from stackward.layers.context import AgentOnInstance, DatabaseAccess
from stackward.resources.overview import database_places
from stackward.state.records import AppRelease, Command, InstanceRecord, StackState
from stackward.state.store import Store
from stackward.state.transaction import StackTransaction

LEAVES = "leaves"
"""The argument of an event that is only about layers which the instance does not have any more."""


@dataclass(frozen=True, slots=True)
class Accesses:
    """Credentials that the engine makes: every app's database access, by app, and passwords of caches, by layer.

    `places` are where the databases that are no layer are.
    """

    databases: Mapping[str, DatabaseAccess]
    passwords: Mapping[str, str] = field(repr=False)
    places: Mapping[str, DatabasePlace] = field(default_factory=dict)


def accesses_of(transaction: StackTransaction, stack: Stack, state: StackState) -> Accesses:
    """What the stack's parts need to log in to each other. Credentials that are missing are made."""
    found = {app.name: databases.access(transaction, stack, state, app) for app in stack.apps.values()}
    return Accesses(
        {name: access for name, access in found.items() if access is not None},
        services.passwords(transaction, stack),
        database_places(stack, transaction.resources()) if stack.databases else {},
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, its instance by `name`, and what is known of the stack. `decrypt` opens values of Ansible's vault."""

    store: Store
    stack: Stack
    state: StackState
    accesses: Accesses
    agent: AgentOnInstance | None
    name: str
    command: Command
    decrypt: Callable[[str], str]
    now: Callable[[], datetime]

    @property
    def event(self) -> str:
        """One of the five, or what runs recipes on request."""
        return self.command.event

    @property
    def record(self) -> InstanceRecord | None:
        """The instance as observed, None where it never was."""
        return self.state.instances.get(self.name)

    @property
    def releases(self) -> Mapping[str, AppRelease]:
        """What is live on the instance, by app."""
        return {} if self.record is None else {item.app: item for item in self.record.apps}

    @property
    def left(self) -> tuple[str, ...] | None:
        """The layers that the event is about where the instance does not have them any more; None for a usual event."""
        named = self.command.arguments.get(LEAVES)
        return None if named is None else tuple(named)

    @property
    def instance(self) -> Instance:
        """The instance of the file. One that leaves layers, or has left the file, is as it was set up last."""
        known = self.stack.instances.get(self.name)
        if known is not None and self.left is None:
            return known
        layers = self.state.instances[self.name].layers
        return Instance(self.name, tuple(layer for layer in layers if layer in self.stack.layers))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers whose built-in parts run, in the order of the file; those that are left, in their own."""
        if self.left is None:
            return self.stack.layers_of(self.instance)
        return tuple(self.stack.layers[each] for each in self.left if each in self.stack.layers)

    def clear(self, value: str | Secret) -> str:
        """A value in clear. Raises what `decrypt` raises."""
        return self.decrypt(value.ciphertext) if isinstance(value, Secret) else value
