"""What a built-in layer may look at when it says what an instance must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackward.attributes import Peer
from stackward.definition.model import App, Controller, Instance, Layer, Stack
from stackward.lifecycle.events import Event


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """An app's own database: where it is and how to log in.

    `verifier` is what the server keeps instead of the password, so the database host never sees it. `scheme` begins
    the database's URL.
    """

    app: str
    layer: str
    database: str
    user: str
    password: str
    verifier: str
    host: str | None
    port: int = 5432
    scheme: str = "postgresql"

    def __repr__(self) -> str:
        return f"DatabaseAccess(app={self.app!r}, …)"


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """A cache of the stack: the layer, which built-in layer it is, its instances, and how to log in."""

    layer: str
    uses: str
    hosts: tuple[str, ...]
    port: int
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AppOnInstance:
    """An app that this run deploys or undeploys on the instance. `archive` is a path on the controller, or None.

    `before` are releases that must stay beside this one, newest first. `migration` names the run of the app's
    migration that belongs here, "" where none does. `running` is False for an app that somebody has stopped,
    `settled` for one to which the file gives other settings than it was deployed with here: they come with a deploy,
    batch after batch, and not with a Configure, which would restart it on all instances at once.
    """

    app: App
    release: str
    revision: str
    archive: str | None
    environment: Mapping[str, str] = field(default_factory=dict)
    database: DatabaseAccess | None = None
    before: tuple[str, ...] = ()
    migration: str = ""
    running: bool = True
    settled: bool = True

    def __repr__(self) -> str:
        return f"AppOnInstance(app={self.app.name!r}, release={self.release!r})"


@dataclass(frozen=True, slots=True)
class AgentOnInstance:
    """The agent that reports how the instance does. `token` None leaves the one that the instance has.

    `program` is the agent itself, `authority` the certificate (PEM) that the controller's is checked against, "" where
    it speaks without TLS. `controller` None: the agent has to go.
    """

    controller: Controller | None
    program: str = ""
    authority: str = ""
    token: str | None = None

    def __repr__(self) -> str:
        return f"AgentOnInstance(controller={self.controller!r}, …)"


@dataclass(frozen=True, slots=True)
class LayerContext:
    """Everything for one layer of one instance in one event. `peers` are all instances of the stack.

    `apps` are those that the event is about (deploy, undeploy; empty otherwise). `databases` are the accesses of every
    app of the stack whose database is this layer. `services` are all caches of the stack. `certificates` are those that
    apps bring, with chain and key, by app; only a load balancer gets them. `agent` is None where there never was one.
    """

    stack: Stack
    layer: Layer
    instance: Instance
    event: Event
    peers: Mapping[str, Peer]
    document: Mapping[str, Any]
    apps: tuple[AppOnInstance, ...] = ()
    databases: tuple[DatabaseAccess, ...] = ()
    services: tuple[ServiceAccess, ...] = ()
    certificates: Mapping[str, str] = field(default_factory=dict, repr=False)
    agent: AgentOnInstance | None = None
