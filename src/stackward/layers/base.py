"""What every instance has, whatever its layers: the attribute document, its name, and the names of its peers."""

from __future__ import annotations

import json

from stackward.layers.agent import agent
from stackward.layers.built_in import BuiltInLayer, LayerSettings
from stackward.layers.context import LayerContext
from stackward.layers.monitoring import exporter
from stackward.layers.naming import own_name
from stackward.layers.resources import Block, Directory, File, Resource
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS

ATTRIBUTES = "/etc/stackward/attributes.json"
"""Where recipes find the attribute document on an instance."""


class CustomSettings(LayerSettings):
    """A layer of the user's own has no settings."""


CUSTOM = BuiltInLayer(name="custom", settings=CustomSettings, runs_apps=True)
"""Stands for a layer without `uses`: its apps are deployed by the user's own recipes."""


def base(context: LayerContext) -> tuple[Resource, ...]:
    """Return what the instance must be before any of its layers.

    That is the document; for setup its own name; for setup and configure the names of peers, and what a monitoring
    layer needs of everybody.
    """
    document = json.dumps(context.document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    resources: list[Resource] = [
        Directory(name="Stackward's folder", path="/etc/stackward"),
        File(name="attribute document", path=ATTRIBUTES, content=document, mode="0640"),
    ]
    if context.event is Event.SETUP:
        resources += own_name(context)
    if context.event in (Event.SETUP, Event.CONFIGURE):
        resources.append(Block(name="names of peers", path="/etc/hosts", marker="peers", content=_hosts(context)))
        resources += exporter(context.stack)
        resources += agent(context)
    return tuple(resources)


def _hosts(context: LayerContext) -> str:
    me = context.instance.name
    # In its own Setup an instance is no member yet, and is known by its elastic address all the same.
    known = [
        peer
        for peer in sorted(context.peers.values(), key=lambda peer: peer.name)
        if (peer.state in MEMBERS or peer.name == me) and peer.address is not None
    ]
    inside = [f"{peer.address}\t{peer.name} {peer.name}.{context.stack.name}\n" for peer in known if peer.name != me]
    outside = [f"{peer.elastic_address}\t{peer.name}-ext\n" for peer in known if peer.elastic_address is not None]
    return "".join([*inside, *outside])
