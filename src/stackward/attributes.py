"""The attribute document: what every recipe and layer knows of the stack as it is at this moment.

Only online instances are listed (OpsWorks user guide, workingcookbook-json). The `deploy` part is filled only in the
deploy and undeploy events and for run_recipes. No secret is ever in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stackward.definition.location import without_credentials
from stackward.definition.model import App, Instance, Stack
from stackward.lifecycle.states import MEMBERS, State


@dataclass(frozen=True, slots=True)
class Peer:
    """An instance as others see it. `ports` are those on which apps were deployed there, whatever the file says now."""

    name: str
    layers: tuple[str, ...]
    state: State
    address: str | None
    port: int = 22
    elastic_address: str | None = None
    ports: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeployedApp:
    """The release of an app that this document speaks of."""

    app: str
    release: str
    revision: str


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """A database beside the machines: where it is, None while it is not made yet, and as whom one logs in."""

    engine: str
    database: str
    user: str
    host: str | None
    port: int


def merged(*levels: Mapping[str, Any]) -> dict[str, Any]:
    """Deep merge; a later level wins. Mappings merge key by key, anything else is replaced whole."""
    result: dict[str, Any] = {}
    for level in levels:
        for key, value in level.items():
            below = result.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                result[key] = merged(below, value)
            elif isinstance(value, Mapping):
                result[key] = merged(value)
            else:
                result[key] = value
    return result


def document(
    stack: Stack,
    peers: Mapping[str, Peer],
    instance: Instance,
    event: str,
    *,
    deploy: tuple[DeployedApp, ...] = (),
    custom: Mapping[str, Any] | None = None,
    databases: Mapping[str, DatabasePlace] | None = None,
) -> dict[str, Any]:
    """The document for one instance and event; `custom` are the deployment attributes, which win over all others.

    Custom attributes are merged stack < layers (in file order) < instance < deployment and appear as `custom`.
    `peers` holds every instance of the stack; only those online are listed. `databases` are those that are no layer.
    """
    layers = {
        layer.name: {
            "uses": layer.uses,
            "instances": {
                peer.name: {"address": peer.address, "elastic_address": peer.elastic_address}
                for peer in peers.values()
                if layer.name in peer.layers and peer.state in MEMBERS
            },
            "load_balancers": [
                {"type": balancer.type.value, "name": balancer.name, "port": balancer.port}
                for balancer in layer.load_balancers
            ],
        }
        for layer in stack.layers.values()
    }
    me = peers.get(instance.name)
    return {
        "stack": {"name": stack.name, "timezone": stack.timezone},
        "layers": layers,
        "instance": {
            "name": instance.name,
            "layers": [layer.name for layer in stack.layers_of(instance)],
            "type": instance.type.value,
            "address": me.address if me else None,
            "elastic_address": me.elastic_address if me else None,
        },
        "apps": {app.name: _app(app) for app in stack.apps.values()},
        "databases": {name: asdict(place) for name, place in (databases or {}).items()},
        "event": event,
        "deploy": {item.app: {"release": item.release, "revision": item.revision} for item in deploy},
        "custom": merged(custom_of(stack, instance), custom or {}),
    }


def custom_of(stack: Stack, instance: Instance) -> dict[str, Any]:
    """The custom attributes of an instance, those of a deployment aside."""
    return merged(stack.attributes, *(layer.attributes for layer in stack.layers_of(instance)), instance.attributes)


def _app(app: App) -> dict[str, Any]:
    return {
        "layers": list(app.layers),
        "domains": list(app.domains),
        "database": app.database,
        "source": {
            "type": app.source.type.value,
            "location": without_credentials(app.source.location),
            "revision": app.source.revision,
        },
    }
