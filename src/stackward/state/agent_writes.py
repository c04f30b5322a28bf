"""Writes about the agents on instances: their tokens, and who listens to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert

from stackward.state.reading import read_agents
from stackward.state.records import AgentRecord, Listener
from stackward.state.tables import agents, listeners
from stackward.state.writing import NAMED, OF, StackWrites

_ISSUE = insert(agents)
_REVOKE = delete(agents).where(agents.c.stack == OF, agents.c.instance == NAMED)
_LISTEN = insert(listeners)
_FORGET_LISTENER = delete(listeners).where(listeners.c.stack == OF, listeners.c.name == NAMED)


class AgentWrites(StackWrites):
    """What may be written about agents."""

    def agents(self) -> Mapping[str, AgentRecord]:
        """The agents of the stack by instance, as of now."""
        return read_agents(self._connection, self._stack)

    def issue_token(self, instance: str, token: str, now: datetime) -> None:
        """From now on the instance's agent is known by the token with this hash, and by no other."""
        self._change(_REVOKE, named=instance)
        self._insert(_ISSUE, instance=instance, token=token, issued=now)

    def revoke_token(self, instance: str) -> bool:
        """Nobody speaks for the instance any more. Returns whether somebody could."""
        return self._change(_REVOKE, named=instance) > 0

    def listen(self, listener: Listener) -> None:
        """Remember that a controller service takes heartbeats, in place of what was known of it."""
        self._change(_FORGET_LISTENER, named=listener.name)
        self._insert(_LISTEN, name=listener.name, since=listener.since, at=listener.at)

    def stop_listening(self, name: str) -> None:
        """A controller service takes no heartbeats any more."""
        self._change(_FORGET_LISTENER, named=name)
