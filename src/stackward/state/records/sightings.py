"""What was seen and heard of instances, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stackward.lifecycle.health import Answer, Witness


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one witness saw of an instance at its last look, and since when it has seen the same without a break."""

    instance: str
    witness: Witness
    answer: Answer
    text: str
    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """The agent of an instance: when it was given its token, and what it said last.

    `number` is that of its last heartbeat, `heard` when that came by the controller's clock; None: it has never said
    anything under this token. Of the token only a hash is known.
    """

    instance: str
    issued: datetime
    number: int | None = None
    heard: datetime | None = None
    vitals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listener:
    """A controller service that takes heartbeats, since when without a break, and when it last said that it does."""

    name: str
    since: datetime
    at: datetime
