"""Takes heartbeats into the state, many in one transaction, and says of each what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection, bindparam, select, text

from stackward.state.columns import MOMENT
from stackward.state.tables import agents


class Fate(Enum):
    """What became of a heartbeat."""

    TAKEN = "taken"
    UNKNOWN = "unknown token"
    FOREIGN = "token of another instance"
    REPLAYED = "replayed"
    TOO_SOON = "too frequent"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What an agent says: the hash of its token, whom it speaks for ("shop/web1"), its number, how it does (JSON).

    `soonest` is how many seconds must lie between two heartbeats of an agent.
    """

    token: str
    instance: str
    number: int
    vitals: str = "{}"
    soonest: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a heartbeat. `number` is the last one that was taken of its agent."""

    fate: Fate
    number: int = 0


@dataclass(slots=True)
class _Agent:
    stack: str
    instance: str
    number: int | None
    heard: datetime | None


_AGENTS = (
    select(agents.c.token, agents.c.stack, agents.c.instance, agents.c.number, agents.c.heard)
    .where(agents.c.token.in_(bindparam("tokens", expanding=True)))
    # Always in one order, so that two controllers that take heartbeats of the same agents do not wait in a circle.
    .order_by(agents.c.token)
    .with_for_update()
)
# In plain SQL: for thousands of rows a second, the columns' own conversions would cost more than the database.
_TAKE = text("UPDATE stackward_agents SET number = :number, heard = :heard, vitals = :vitals WHERE token = :its")


def hashed(token: str) -> str:
    """The hash by which a token is known."""
    return hashlib.sha256(token.encode()).hexdigest()


def take(connection: Connection, beats: Sequence[Heartbeat], now: datetime) -> tuple[Taken, ...]:
    """Take what may be taken. The answers are in the order of `beats`."""
    wanted = list({beat.token for beat in beats})
    rows = connection.execute(_AGENTS, {"tokens": wanted}).all()
    known = {token: _Agent(*rest) for token, *rest in rows}
    rows_taken: dict[str, dict[str, Any]] = {}
    answers = []
    heard = MOMENT.write(now)
    for beat in beats:
        agent = known.get(beat.token)
        fate = _fate(agent, beat, now)
        if agent is not None and fate is Fate.TAKEN:
            agent.number, agent.heard = beat.number, now
            rows_taken[beat.token] = {"its": beat.token, "number": beat.number, "heard": heard, "vitals": beat.vitals}
        answers.append(Taken(fate, agent.number or 0 if agent is not None else 0))
    if rows_taken:
        connection.execute(_TAKE, list(rows_taken.values()))
    return tuple(answers)


def _fate(agent: _Agent | None, beat: Heartbeat, now: datetime) -> Fate:
    if agent is None:
        return Fate.UNKNOWN
    if beat.instance != f"{agent.stack}/{agent.instance}":
        return Fate.FOREIGN
    if agent.number is not None and beat.number <= agent.number:
        return Fate.REPLAYED
    if agent.heard is not None and 0 <= (now - agent.heard).total_seconds() < beat.soonest:
        return Fate.TOO_SOON
    return Fate.TAKEN
