"""A cache: memcached."""

from __future__ import annotations

from pydantic import Field

from stackward.layers.built_in import BuiltInLayer, LayerSettings, Port, on_its_port, settings_of
from stackward.layers.context import LayerContext
from stackward.layers.rendering import rendered
from stackward.layers.resources import File, Packages, Resource, Service
from stackward.lifecycle.events import Event

NAME = "memcached"


class MemcachedSettings(LayerSettings):
    """Settings of a layer of caches."""

    port: Port = Field(default=11211, description="Port on which memcached answers.")
    memory: int = Field(default=64, ge=1, le=1048576, description="Memory for items, in mebibytes.")
    connections: int = Field(default=1024, ge=1, le=1000000, description="The most connections at a time.")


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    return (Packages(name="memcached", packages=("memcached",)), *_configure(context))


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    return (
        File(
            name="memcached's configuration",
            path="/etc/memcached.conf",
            content=rendered("memcached.conf.j2", settings=settings_of(context.layer, MemcachedSettings)),
            notify=("restart:memcached.service",),
        ),
        Service(name="memcached", unit="memcached.service"),
    )


MEMCACHED = BuiltInLayer(
    name=NAME,
    settings=MemcachedSettings,
    alone=True,
    units=("memcached.service",),
    listeners=on_its_port,
    events={Event.SETUP: _setup, Event.CONFIGURE: _configure},
)
