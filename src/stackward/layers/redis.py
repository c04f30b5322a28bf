"""A store of data structures in memory: Redis, with a password."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stackward.definition.mistake import Mistake
from stackward.layers.built_in import BuiltInLayer, LayerSettings, Port, on_its_port, settings_of
from stackward.layers.context import LayerContext
from stackward.layers.errors import LayerError
from stackward.layers.rendering import rendered
from stackward.layers.resources import Directory, File, Packages, Resource, Run, Service
from stackward.layers.service_values import Password, is_one_line
from stackward.layers.stopping import stopped
from stackward.lifecycle.events import Event

NAME = "redis"
_DROP_IN = "/etc/systemd/system/redis-server.service.d"

Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]*(kb|mb|gb)$")]
Eviction = Literal[
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
]


class RedisSettings(LayerSettings):
    """Settings of a Redis layer."""

    port: Port = Field(default=6379, description="Port on which Redis answers.")
    memory: Memory | None = Field(
        default=None,
        description="The most memory for data, such as 256mb; all there is unless given.",
        examples=["256mb"],
    )
    eviction: Eviction = Field(default="noeviction", description="What goes when the memory is full.")
    append_only: bool = Field(
        default=False, description="Whether every write is on disk within a second, and not only now and then."
    )
    password: Password | None = Field(default=None, description="The password; one is made unless given.")

    @model_validator(mode="after")
    def _something_is_full(self) -> RedisSettings:
        if self.eviction != "noeviction" and self.memory is None:
            raise Mistake(
                f"eviction is {self.eviction}, and without memory nothing is ever full",
                "write memory too, such as 256mb",
            )
        return self


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    return (
        Directory(name="additions to Redis' unit", path=_DROP_IN),
        File(
            name="Redis runs in containers too",
            path=f"{_DROP_IN}/stackward.conf",
            content=rendered("redis.unit.conf.j2"),
        ),
        Packages(name="Redis", packages=("redis-server",)),
        *_configure(context),
    )


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, RedisSettings)
    password = _password(context)
    return (
        *(_log_of_writes() if settings.append_only else ()),
        File(
            name="Redis' configuration",
            path="/etc/redis/redis.conf",
            content=rendered("redis.conf.j2", settings=settings, password=_quoted(password)),
            owner="redis",
            group="redis",
            mode="0640",
            secret=True,
            notify=("restart:redis-server.service",),
        ),
        Service(name="Redis", unit="redis-server.service"),
    )


def _log_of_writes() -> tuple[Resource, ...]:
    """Return what must be before Redis may be started with a log of writes: that the log holds what Redis knows."""
    script = ("sh", "-c", rendered("redis_log.sh.j2"), "log")
    return (
        Run(
            name="Redis begins its log of writes",
            command=(*script, "begin"),
            unless=(*script, "has-begun"),
            timeout=1800.0,
        ),
    )


def _password(context: LayerContext) -> str:
    for service in context.services:
        if service.layer == context.layer.name and service.password:
            # One that was encrypted has not been looked at before.
            if not is_one_line(service.password):
                raise LayerError(
                    f"Layer {context.layer.name!r}: its password is not one line of printable characters; encrypt one "
                    "without line breaks and tabs."
                )
            return service.password
    raise LayerError(f"Layer {context.layer.name!r} has no password.")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shutdown(context: LayerContext) -> tuple[Resource, ...]:  # noqa: ARG001 every part takes the context
    return (stopped("Redis saves its data and stops", "redis-server.service"),)


REDIS = BuiltInLayer(
    name=NAME,
    settings=RedisSettings,
    alone=True,
    units=("redis-server.service",),
    listeners=on_its_port,
    events={Event.SETUP: _setup, Event.CONFIGURE: _configure, Event.SHUTDOWN: _shutdown},
)
