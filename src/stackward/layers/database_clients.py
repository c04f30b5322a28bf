"""Who may use a database: exactly the online instances of its app's layers."""

from __future__ import annotations

from collections.abc import Iterator

from stackward.layers.context import DatabaseAccess, LayerContext
from stackward.lifecycle.states import MEMBERS


def clients(context: LayerContext) -> Iterator[tuple[DatabaseAccess, str, str]]:
    """Yield (access, address, instance), ordered by app and instance, for the databases of this layer."""
    for access in sorted(context.databases, key=lambda access: access.app):
        for peer in sorted(context.peers.values(), key=lambda peer: peer.name):
            if (
                peer.state in MEMBERS
                and peer.address is not None
                and set(peer.layers) & set(context.stack.apps[access.app].layers)
            ):
                yield access, peer.address, peer.name
