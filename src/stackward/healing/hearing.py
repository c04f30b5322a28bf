"""What the agents' heartbeats say of their instances: who was heard lately, as far as somebody listened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from stackward.healing.sight import Glance
from stackward.lifecycle.health import Answer, Witness
from stackward.lifecycle.states import State
from stackward.state.records import AgentRecord, InstanceRecord, Listener

MISSED = 3
"""Heartbeats that may be lost in a row before an agent counts as silent."""

LISTENER_SAYS_EVERY = timedelta(seconds=10)
"""How often a controller service says that it listens."""

_LISTENER_LOST = 4 * LISTENER_SAYS_EVERY


def listening_since(listeners: Iterable[Listener], now: datetime) -> datetime | None:
    """Since when somebody has taken heartbeats without a break, None if nobody does at the moment."""
    alive = [item.since for item in listeners if item.since <= item.at <= now and now - item.at <= _LISTENER_LOST]
    return min(alive, default=None)


def heard(
    names: Sequence[str],
    instances: Mapping[str, InstanceRecord],
    agents: Mapping[str, AgentRecord],
    listeners: Iterable[Listener],
    every: float,
    now: datetime,
) -> tuple[Glance, ...]:
    """What the heartbeats say of the instances that have an agent, which reports `every` so many seconds.

    Silence counts only from when somebody listened: a controller service that was down has heard nobody. Nor does it
    count from before an instance came online: a reboot takes longer than a heartbeat.
    """
    patience = timedelta(seconds=every * MISSED)
    since = listening_since(listeners, now)
    return tuple(
        _of(name, agents[name], since, _online(instances.get(name), now), patience, now)
        for name in names
        if name in agents
    )


def _online(record: InstanceRecord | None, now: datetime) -> datetime | None:
    """Since when an instance is online; None where it is not, and by a clock that was put back since."""
    if record is None or record.state is not State.ONLINE or record.since is None or record.since > now:
        return None
    return record.since


def _of(
    name: str,
    agent: AgentRecord,
    since: datetime | None,
    online: datetime | None,
    patience: timedelta,
    now: datetime,
) -> Glance:
    if agent.heard is not None and timedelta(0) <= now - agent.heard <= patience:
        return Glance(name, Witness.HEARTBEAT, Answer.ALIVE, "its agent reports")
    if since is None:
        return Glance(name, Witness.HEARTBEAT, Answer.UNKNOWN, "no controller service takes heartbeats")
    if now - max(since, agent.issued, online or since) <= patience:
        return Glance(name, Witness.HEARTBEAT, Answer.UNKNOWN, "its agent has not had the time to report yet")
    last = "never" if agent.heard is None else f"last at {agent.heard:%Y-%m-%d %H:%M:%S} UTC"
    return Glance(name, Witness.HEARTBEAT, Answer.SILENT, f"its agent has reported {last}")
