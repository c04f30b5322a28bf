"""Takes heartbeats into the state, many in one transaction, and says of each what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, cast

from sqlalchemy import Connection

from stackward.state.columns import MOMENT


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


@dataclass(frozen=True, slots=True)
class _Words:
    """How a database is asked for the agents of several tokens, and told what was taken of them.

    In plain SQL, and in one statement each: for thousands of rows a second the building of statements and the columns'
    own conversions would cost more than the database.
    """

    find: str
    found_by: Callable[[list[str]], object]
    """The parameter of `find`, from the tokens."""
    save: str
    saved_by: Callable[[list[_Row]], Any]
    """The parameters of `save`, from what was taken."""


_Row = tuple[int, str, str, str]
"""Number, moment, vitals, token."""

_WORDS: Mapping[str, _Words] = {
    "sqlite": _Words(
        "SELECT token, stack, instance, number, heard FROM stackward_agents "
        "WHERE token IN (SELECT value FROM json_each(?))",
        json.dumps,
        "UPDATE stackward_agents SET number = ?, heard = ?, vitals = ? WHERE token = ?",
        list,
    ),
    "postgresql": _Words(
        # Always in one order, so that two controllers that take heartbeats of the same agents do not wait in a circle.
        "SELECT token, stack, instance, number, heard FROM stackward_agents "
        "WHERE token = ANY(ARRAY(SELECT json_array_elements_text(%s::json))) ORDER BY token FOR UPDATE",
        json.dumps,
        "UPDATE stackward_agents SET number = (its ->> 0)::bigint, heard = its ->> 1, vitals = its ->> 2 "
        "FROM json_array_elements(%s::json) AS its WHERE token = its ->> 3",
        # One text, as the driver takes longer over an array than over all the rest.
        lambda rows: (json.dumps(rows),),
    ),
}


def hashed(token: str) -> str:
    """The hash by which a token is known."""
    return hashlib.sha256(token.encode()).hexdigest()


def take(connection: Connection, beats: Sequence[Heartbeat], now: datetime) -> tuple[Taken, ...]:
    """Take what may be taken. The answers are in the order of `beats`."""
    words = _WORDS[connection.dialect.name]
    wanted = list({beat.token for beat in beats})
    rows = connection.exec_driver_sql(words.find, (words.found_by(wanted),)).all()
    known = {row[0]: _Agent(row[1], row[2], row[3], _moment(row[4])) for row in rows}
    taken: dict[str, _Row] = {}
    answers = []
    heard = cast("str", MOMENT.write(now))
    for beat in beats:
        agent = known.get(beat.token)
        fate = _fate(agent, beat, now)
        if agent is not None and fate is Fate.TAKEN:
            agent.number, agent.heard = beat.number, now
            taken[beat.token] = (beat.number, heard, beat.vitals, beat.token)
        answers.append(Taken(fate, agent.number or 0 if agent is not None else 0))
    if taken:
        connection.exec_driver_sql(words.save, words.saved_by(list(taken.values())))
    return tuple(answers)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


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
