"""An instance as observed: its machine, its releases, what is asked of it, and who works on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stackward.definition.model import ProviderChoice
from stackward.lifecycle.events import Event
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants of an instance, who, why and since when. `initiator` stays until it is carried out.

    A `remedy` is done first where healing asks for a failed instance to be online. With `force` a stop does not wait
    for the machine's own system.
    """

    desired: Desired
    initiator: Initiator
    reason: str
    at: datetime
    remedy: Remedy | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class MachineRecord:
    """The machine behind an instance as the store knows it.

    `token` is committed before the provider is asked; `id` is None until the provider has answered.
    `attempt` grows only after the machine of the attempt before is proven gone. `parameters` are frozen with the token.
    `host_keys` are those that the machine of that `id` was first seen with.
    """

    token: str
    attempt: int
    parameters: Mapping[str, Any]
    id: str | None = None
    address: str | None = None
    port: int = 22
    elastic_address: str | None = None
    zone: str = ""
    """What it shares with others that can be lost together, as its provider said last; "" where that is not known."""
    host_keys: tuple[str, ...] = ()

    @property
    def choice(self) -> ProviderChoice:
        """What made it, with the options of that time. Machines of before it was noted are of type ""."""
        return ProviderChoice(self.parameters.get("provider", ""), self.parameters.get("options", {}))

    @property
    def owned(self) -> bool:
        """Whether somebody owns it, so that it is left running when it is not needed any more."""
        return self.choice.owned


@dataclass(frozen=True, slots=True)
class AppRelease:
    """The release of an app that is live on an instance. `digest` stands for all that it was deployed with.

    `port` is the one on which it answers since then, None where a deploy does not say it. `hooks` are those of the
    app at that time, each with a text for its content; None where that is not known.
    """

    app: str
    release: str
    revision: str
    digest: str = field(default="", compare=False)
    port: int | None = field(default=None, compare=False)
    hooks: Mapping[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """An instance as observed.

    `configured` is the stack generation of the last successful Configure (-1: none yet).
    `reboot_wanted` is set by a request to reboot until it has been carried out.
    `layers` are kept so that an instance can be stopped cleanly after it has left the file.
    `failure` says why it is in a failed state, else "". `epoch` grows with every claim.
    `ran` are, by event, the parts (recipes, built-in parts of layers) that its machine ran in the last success of that
    event, each with a text for its content; an event that is not in it is not known to have run to its end there.
    `uses` are the built-in layers of its layers, by layer, kept for when a layer has left the file.
    """

    name: str
    layers: tuple[str, ...]
    state: State = State.STOPPED
    since: datetime | None = None
    request: Request | None = None
    machine: MachineRecord | None = None
    configured: int = -1
    reboot_wanted: bool = False
    epoch: int = 0
    failure: str = ""
    apps: tuple[AppRelease, ...] = ()
    ran: Mapping[Event, Mapping[str, str]] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)


CLAIM_SECONDS = 120.0
"""How long a claim lives without being renewed. A dead process on the same machine loses its claims at once."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on an instance: run, epoch, expiry, and what it is doing at the moment.

    `owner` names run and machine for a person ("converge#812 on ctl-1"); `host`, `process` and `process_started`
    (clock ticks since the boot of that host) let a later run on the same host see that the owner is gone.
    """

    instance: str
    run: int
    owner: str
    host: str
    process: int
    process_started: float
    epoch: int
    since: datetime
    expires: datetime
    doing: str = ""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A person works on an instance: nothing that acts by itself touches it. `until` None: until it is released."""

    instance: str
    why: str
    actor: str
    since: datetime
    until: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether it is not over yet."""
        return self.until is None or now < self.until
