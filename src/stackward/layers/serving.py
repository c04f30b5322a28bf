"""On which port an app answers, and which instances answer for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from stackward.attributes import Peer
from stackward.definition.model import App, Layer, Stack
from stackward.layers import java_app, node_app, php_app, python_app, static_web
from stackward.layers.addresses import in_url
from stackward.layers.app_service import ServiceSettings
from stackward.layers.built_in import settings_of
from stackward.layers.errors import LayerError
from stackward.layers.placement import serving_layer
from stackward.lifecycle.states import MEMBERS

_PORTS: Mapping[str | None, Callable[[Stack, App, Layer], int]] = {
    "java_app": java_app.port_of,
    "node_app": node_app.port_of,
    "php_app": php_app.port_of,
    "python_app": python_app.port_of,
    "static_web": static_web.port_of,
}

_CHECKED: Mapping[str | None, type[ServiceSettings]] = {
    "java_app": java_app.JavaAppSettings,
    "node_app": node_app.NodeAppSettings,
    "php_app": php_app.PhpAppSettings,
    "python_app": python_app.PythonAppSettings,
}
"""The layers that may have a health check of their own."""


@dataclass(frozen=True, slots=True)
class Member:
    """An online instance that answers for an app at `address` (an IPv6 address stands in brackets) and `port`."""

    name: str
    address: str
    port: int


def app_port(stack: Stack, app: App, layer: Layer) -> int:
    """Return the port on which the layer's instances answer for the app.

    Raises LayerError for a layer that does not serve apps.
    """
    if layer.uses not in _PORTS:
        raise LayerError(f"Layer {layer.name!r} serves no apps, so app {app.name!r} has no port there.")
    return _PORTS[layer.uses](stack, app, layer)


def port_by_deploy(stack: Stack, app: App, layers: Collection[str]) -> int | None:
    """Return the port that a deploy gives the app on an instance of these layers.

    None where no layer serves it, or where Configure gives the port, as to sites of a web server that reloads.
    """
    layer = serving_layer(stack, app, layers)
    return None if layer is None or layer.uses == static_web.STATIC_WEB.name else app_port(stack, app, layer)


def checked_by_deploy(stack: Stack, app: App, layers: Collection[str]) -> bool:
    """Return whether a deploy asks the app on an instance of these layers how it is, before load balancers do."""
    layer = serving_layer(stack, app, layers)
    if app.deploy.health is not None:
        return True
    return (
        layer is not None
        and layer.uses in _CHECKED
        and settings_of(layer, _CHECKED[layer.uses]).healthcheck is not None
    )


def members(stack: Stack, app: App, peers: Mapping[str, Peer]) -> tuple[Member, ...]:
    """Return the instances that a load balancer sends the app's requests to, by name.

    Each is asked on the port on which it was deployed: another one in the file comes with the next deploy.
    """
    found = []
    for peer in sorted(peers.values(), key=lambda peer: peer.name):
        layer = serving_layer(stack, app, peer.layers)
        if peer.state in MEMBERS and peer.address is not None and layer is not None:
            port = peer.ports.get(app.name) or app_port(stack, app, layer)
            found.append(Member(peer.name, in_url(peer.address), port))
    return tuple(found)
