"""Prometheus, which scrapes the node_exporter of every online instance, and what else it is told to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from stackward.attributes import Peer
from stackward.definition.built_in import Mention
from stackward.definition.model import Stack
from stackward.layers.addresses import in_url
from stackward.layers.built_in import BuiltInLayer, LayerSettings, Port, UrlPath, on_its_port, settings_of
from stackward.layers.context import LayerContext
from stackward.layers.errors import LayerError
from stackward.layers.rendering import rendered
from stackward.layers.resources import Answers, Directory, File, Packages, Resource, Service, UnitBefore
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import MEMBERS

NAME = "monitoring"
EXPORTERS, ITSELF = "node", "prometheus"
"""The jobs of every such layer."""

EXPORTER_PORT = 9100
"""Where an instance's node_exporter answers."""

CONFIGURATION = "/etc/prometheus/prometheus.yml"
_DATA = "/var/lib/prometheus/metrics2"

Seconds = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}[sm]$")]
Days = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}[hdwy]$")]


def _free(name: str) -> str:
    if name in (EXPORTERS, ITSELF):
        raise ValueError(f"Choose a name other than {EXPORTERS} and {ITSELF}, which are the layer's own jobs")
    return name


JobName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$"), AfterValidator(_free)]


class Job(LayerSettings):
    """More to scrape: a path at a port of every online instance of a layer."""

    layer: str = Field(description="The layer whose online instances are scraped.", examples=["web"])
    port: Port = Field(description="The port at which they answer.", examples=[8000])
    path: UrlPath = Field(default="/metrics", description="The path that gives the metrics.")


class MonitoringSettings(LayerSettings):
    """Settings of a monitoring layer."""

    port: Port = Field(default=9090, description="Port on which Prometheus answers.")
    interval: Seconds = Field(default="15s", description="How often everything is scraped.")
    retention: Days = Field(default="15d", description="How long metrics are kept.")
    jobs: dict[JobName, Job] = Field(
        default_factory=dict,
        description="What is scraped beside the instances themselves.",
        examples=[{"app": {"layer": "web", "port": 8000}}],
    )


@dataclass(frozen=True, slots=True)
class Target:
    """What is scraped: `address` with its port, of an instance with these layers."""

    instance: str
    address: str
    layers: tuple[str, ...]


_EXPORTER = "prometheus-node-exporter.service"


def exporter(stack: Stack) -> tuple[Resource, ...]:
    """Return what every instance of the stack must have so that it can be monitored; no more of it if nobody does."""
    if not any(layer.uses == NAME for layer in stack.layers.values()):
        return no_exporter()
    return (
        UnitBefore(name="exporter before", unit=_EXPORTER, needed=True),
        Packages(name="node_exporter", packages=("prometheus-node-exporter",)),
        Service(name="node_exporter", unit=_EXPORTER),
    )


def no_exporter() -> tuple[Resource, ...]:
    """Return that the exporter is as it was before it was needed."""
    return (UnitBefore(name="exporter as before", unit=_EXPORTER, needed=False),)


def targets(context: LayerContext, port: int, layer: str | None = None) -> tuple[Target, ...]:
    """Return every online instance, or those of one layer, by name."""
    return tuple(
        Target(peer.name, f"{in_url(peer.address)}:{port}", _in_order(context.stack, peer))
        for peer in sorted(context.peers.values(), key=lambda peer: peer.name)
        if peer.state in MEMBERS and peer.address is not None and (layer is None or layer in peer.layers)
    )


def _in_order(stack: Stack, peer: Peer) -> tuple[str, ...]:
    return tuple(name for name in stack.layers if name in peer.layers)


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    port = settings_of(context.layer, MonitoringSettings).port
    return (
        Packages(name="Prometheus", packages=("prometheus",)),
        Directory(name="Prometheus' data", path=_DATA, owner="prometheus", group="prometheus"),
        *_configure(context),
        Answers(name="Prometheus", url=f"http://127.0.0.1:{port}/-/ready", within=120.0, unit="prometheus.service"),
    )


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, MonitoringSettings)
    for name, job in settings.jobs.items():
        if job.layer not in context.stack.layers:
            raise LayerError(
                f"Layer {context.layer.name!r}: jobs.{name}.layer: there is no layer {job.layer!r}; "
                f"the layers are {', '.join(context.stack.layers)}."
            )
    jobs = {
        EXPORTERS: ("/metrics", targets(context, EXPORTER_PORT)),
        **{name: (job.path, targets(context, job.port, job.layer)) for name, job in sorted(settings.jobs.items())},
    }
    return (
        Directory(name="rules of Prometheus", path="/etc/prometheus/rules"),
        File(
            name="Prometheus' targets",
            path=CONFIGURATION,
            content=rendered("prometheus.yml.j2", settings=settings, stack=context.stack.name, jobs=jobs),
            validate=("promtool", "check", "config", "%s"),
            notify=("reload:prometheus.service",),
        ),
        File(
            name="Prometheus' arguments",
            path="/etc/default/prometheus",
            content=rendered("prometheus.default.j2", settings=settings),
            notify=("restart:prometheus.service",),
        ),
        Service(name="Prometheus", unit="prometheus.service"),
    )


def _mentions(settings: MonitoringSettings) -> tuple[Mention, ...]:
    return tuple(Mention("layers", job.layer, ("jobs", name, "layer")) for name, job in settings.jobs.items())


MONITORING = BuiltInLayer(
    name=NAME,
    settings=MonitoringSettings,
    alone=True,
    units=("prometheus.service",),
    listeners=on_its_port,
    mentions=_mentions,
    events={Event.SETUP: _setup, Event.CONFIGURE: _configure},
)
