"""What there is of load balancers and databases, as the state remembers it, for people and for recipes: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackward.attributes import DatabasePlace
from stackward.definition.database import MASTER, Database
from stackward.definition.model import Stack
from stackward.known_resource import KnownResource, ResourceKind
from stackward.lifecycle.states import MEMBERS
from stackward.resources import membership
from stackward.state.records import StackState


@dataclass(frozen=True, slots=True)
class BalancerStatus:
    """A load balancer of the provider: for which layers, who is registered, and who is online and is not.

    `type` is target_group or classic, `port` where members answer, None for the balancer's own. `layers` is empty where
    the stack file names it no more.
    """

    type: str
    name: str
    port: int | None
    layers: tuple[str, ...]
    members: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """A database beside the machines, and the apps that use it. `host` is None until its provider has made it.

    `registered` says that it is somebody's, and not made by the provider; `in_file` is False once it has left the file.
    """

    name: str
    engine: str
    host: str | None
    port: int
    apps: tuple[str, ...]
    registered: bool
    in_file: bool


def balancers(stack: Stack, state: StackState, known: Sequence[KnownResource]) -> tuple[BalancerStatus, ...]:
    """Every load balancer that the stack file names or that has had members of the stack."""
    every = {item.key: item for item in (*membership.wanted(stack), *membership.remembered(known))}
    having = {item.name: str(item.data["instance"]) for item in known if item.kind is ResourceKind.MEMBER}
    found = []
    for key, balancer in every.items():
        layers = tuple(layer.name for layer in stack.layers.values() if balancer in layer.load_balancers)
        members = dict.fromkeys(name for item, name in having.items() if item.startswith(f"{key} "))
        online = [
            name
            for name, instance in stack.instances.items()
            if set(layers) & set(instance.layers)
            and stack.provider_of(name).type == stack.provider.type
            and (record := state.instances.get(name)) is not None
            and record.state in MEMBERS
        ]
        missing = tuple(name for name in online if name not in members)
        found.append(BalancerStatus(balancer.type.value, balancer.name, balancer.port, layers, tuple(members), missing))
    return tuple(found)


def databases(stack: Stack, known: Sequence[KnownResource]) -> tuple[DatabaseStatus, ...]:
    """Every database of the stack file that is no layer, and those that the provider has made for an earlier one."""
    made = {item.name: item.data for item in known if item.kind is ResourceKind.DATABASE}
    places = database_places(stack, known)
    found = []
    for name, database in stack.databases.items():
        apps = tuple(app.name for app in stack.apps.values() if app.database == name)
        place = places[name]
        found.append(
            DatabaseStatus(name, place.engine, place.host, place.port, apps, database.registered, in_file=True)
        )
    for name, data in made.items():
        if name not in stack.databases:
            port = int(data.get("port") or 0)
            found.append(DatabaseStatus(name, data["engine"], data.get("host"), port, (), False, in_file=False))
    return tuple(found)


def database_places(stack: Stack, known: Sequence[KnownResource]) -> dict[str, DatabasePlace]:
    """Where the databases of the stack file are, and as whom apps log in; the password is not in it."""
    made = {item.name: item.data for item in known if item.kind is ResourceKind.DATABASE}
    return {name: _place(database, made.get(name, {})) for name, database in stack.databases.items()}


def _place(database: Database, known: Mapping[str, Any]) -> DatabasePlace:
    return DatabasePlace(
        engine=database.engine.value,
        database=database.database,
        user=database.user or MASTER,
        host=database.host or known.get("host"),
        port=int(database.port or known.get("port") or database.engine.port),
    )
