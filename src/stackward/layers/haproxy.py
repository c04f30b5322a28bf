"""The load balancer: HAProxy in front of the online instances of every app."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from stackward.definition.built_in import Listener
from stackward.definition.model import App, Layer, Stack
from stackward.layers.built_in import BuiltInLayer, LayerSettings, Port, UrlPath, revealed, settings_of
from stackward.layers.context import LayerContext
from stackward.layers.haproxy_certificates import LIST, certificate_files, redirect
from stackward.layers.placement import SERVING
from stackward.layers.rendering import rendered
from stackward.layers.resources import Directory, File, Packages, Resource, Service
from stackward.layers.service_values import Password
from stackward.layers.serving import Member, members
from stackward.lifecycle.events import Event

CONFIGURATION = "/etc/haproxy/haproxy.cfg"
STATE_SCRIPT = "/usr/local/lib/stackward/haproxy-state"


class Statistics(LayerSettings):
    """HAProxy's statistics page. Without a password it is served on the instance itself only."""

    port: Port = Field(default=8404, description="Port of the statistics page.")
    user: str | None = Field(default=None, pattern=r"^[^\s:\"'\\#]+$", description="User name for the page.")
    password: Password | None = Field(default=None, description="Password for the page.")

    @model_validator(mode="after")
    def _both_or_none(self) -> Statistics:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: give both or none")
        return self


class HaproxySettings(LayerSettings):
    """Settings of a load balancer layer."""

    port: Port = Field(default=80, description="Port on which the load balancer answers.")
    https_port: Port = Field(default=443, description="Port on which it answers for apps with `tls`.")
    healthcheck: UrlPath = Field(default="/", description="Path that a healthy app answers with a status below 400.")
    balance: Literal["roundrobin", "leastconn", "source"] = Field(
        default="roundrobin", description="How requests are spread over the instances."
    )
    statistics: Statistics | None = Field(default=None, description="The statistics page; none unless given.")


@dataclass(frozen=True, slots=True)
class Backend:
    """An app as the load balancer sees it."""

    name: str
    domains: tuple[str, ...]
    members: tuple[Member, ...]


def backends(context: LayerContext) -> tuple[Backend, ...]:
    """Return the apps to balance, in the order of the file, each with exactly its online instances."""
    return tuple(
        Backend(app.name, app.domains, members(context.stack, app, context.peers)) for app in served(context.stack)
    )


def served(stack: Stack) -> tuple[App, ...]:
    """Return the apps that load balancers pass requests on to."""
    serving = {layer.name for layer in stack.layers.values() if layer.uses in SERVING}
    return tuple(app for app in stack.apps.values() if serving & set(app.layers))


def urls(stack: Stack, layer: Layer, host: str) -> tuple[str, ...]:
    """Return where a load balancer of the layer answers at an address: by HTTPS for apps with `tls`, else by HTTP."""
    settings = settings_of(layer, HaproxySettings)
    apps = served(stack)
    place = f"[{host}]" if ":" in host else host
    found = []
    if any(app.tls is not None for app in apps):
        found.append(f"https://{place}/" if settings.https_port == 443 else f"https://{place}:{settings.https_port}/")
    if not apps or any(app.tls is None for app in apps):
        found.append(f"http://{place}/" if settings.port == 80 else f"http://{place}:{settings.port}/")
    return tuple(found)


def _setup(context: LayerContext) -> tuple[Resource, ...]:
    drop_in = "/etc/systemd/system/haproxy.service.d"
    return (
        Packages(name="HAProxy", packages=("haproxy",)),
        Directory(name="Stackward's programs", path="/usr/local/lib/stackward"),
        File(
            name="keeper of HAProxy's server states",
            path=STATE_SCRIPT,
            content=rendered("haproxy-state.py.j2", configuration=CONFIGURATION),
            mode="0755",
        ),
        Directory(name="additions to HAProxy's unit", path=drop_in),
        File(
            name="HAProxy keeps server states over a reload",
            path=f"{drop_in}/stackward.conf",
            content=rendered("haproxy.unit.conf.j2", script=STATE_SCRIPT),
        ),
        *_configure(context),
    )


def _configure(context: LayerContext) -> tuple[Resource, ...]:
    settings = settings_of(context.layer, HaproxySettings)
    statistics = settings.statistics
    password = revealed(
        statistics.password if statistics else None, f"The statistics password of layer {context.layer.name!r}"
    )
    apps = served(context.stack)
    configuration = rendered(
        "haproxy.cfg.j2",
        settings=settings,
        statistics=statistics,
        login=None if statistics is None or password is None else _quoted(f"{statistics.user}:{password}"),
        backends=backends(context),
        certificates=LIST if any(app.tls is not None for app in apps) else None,
        redirect=redirect(apps, settings.https_port),
    )
    return (
        *certificate_files(context, apps),
        File(
            name="HAProxy's configuration",
            path=CONFIGURATION,
            content=configuration,
            mode="0640",
            group="haproxy",
            validate=("haproxy", "-c", "-f", "%s"),
            secret=password is not None,
            notify=("reload:haproxy.service",),
        ),
        Service(name="HAProxy", unit="haproxy.service"),
    )


def _quoted(text: str) -> str:
    """Return a text as one word of HAProxy's configuration."""
    return '"' + re.sub(r'([\\"$])', r"\\\1", text) + '"'


def _listeners(name: str, settings: HaproxySettings, _apps: Mapping[str, int], encrypted: bool) -> tuple[Listener, ...]:
    statistics = settings.statistics
    who = f"the load balancer of layer {name}"
    return (
        Listener(who, settings.port),
        *((Listener(f"{who} for HTTPS", settings.https_port, ("https_port",)),) if encrypted else ()),
        *((Listener(f"the statistics of layer {name}", statistics.port, ("statistics",)),) if statistics else ()),
    )


HAPROXY = BuiltInLayer(
    name="haproxy",
    settings=HaproxySettings,
    balances=True,
    listeners=_listeners,
    alone=True,
    units=("haproxy.service",),
    events={Event.SETUP: _setup, Event.CONFIGURE: _configure},
)
