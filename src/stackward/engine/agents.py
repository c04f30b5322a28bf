"""The agents of a stack: their program, their tokens, and the authority that vouches for the controller."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stackward.agent import program
from stackward.definition.model import Controller, Stack
from stackward.engine import authority
from stackward.errors import StackwardError
from stackward.layers.context import AgentOnInstance
from stackward.lifecycle.events import Event
from stackward.metrics.sample import Sample
from stackward.state.heartbeats import hashed
from stackward.state.records import AgentRecord
from stackward.state.transaction import StackTransaction

SOURCE = "agent"
"""The source of measurements that come with heartbeats."""

MEASURED = ("cpu", "memory", "load", "disk")

RESTART = "restart_agent"
"""Argument of a Configure that gives the agent a new token, which starts it anew."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What an instance's agent reports by: whether it has had a token, and a new one, None where it keeps its own."""

    known: bool = False
    token: str | None = None

    def __repr__(self) -> str:
        return f"Pass(known={self.known}, …)"


def renewed(
    transaction: StackTransaction, stack: Stack, name: str, event: str, arguments: Mapping[str, Any], now: datetime
) -> Pass:
    """Give the agent a new token where the event wants that.

    Every Setup does; so does a Configure where it has none, or has said nothing with it yet.
    """
    known = transaction.agents().get(name)
    silent = known is None or known.heard is None or RESTART in arguments
    if stack.controller is None or not (event == Event.SETUP.value or (event == Event.CONFIGURE.value and silent)):
        return Pass(known is not None)
    token = secrets.token_urlsafe(32)
    transaction.issue_token(name, hashed(token), now)
    return Pass(known=True, token=token)


def arranged(stack: Stack, its: Pass) -> AgentOnInstance | None:
    """The agent as it should be on an instance, None where there is nothing to do about one.

    Raises StackwardError where the authority's certificate cannot be read or made.
    """
    controller = stack.controller
    if controller is None:
        return AgentOnInstance(None) if its.known else None
    text = Path(program.__file__).read_text(encoding="utf-8")
    return AgentOnInstance(controller, text, _authority(controller), its.token)


def samples(known: Iterable[AgentRecord], since: datetime) -> tuple[Sample, ...]:
    """The vitals that agents have told since a moment, as measurements."""
    return tuple(
        Sample(agent.instance, metric, agent.heard, float(value), SOURCE)
        for agent in known
        if agent.heard is not None and agent.heard >= since
        for metric in MEASURED
        if isinstance(value := agent.vitals.get(metric), int | float)
    )


def _authority(controller: Controller) -> str:
    if not controller.tls:
        return ""
    if controller.made:
        return authority.certificate(Path(controller.authority))
    try:
        return Path(controller.authority).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise StackwardError(
            f"The certificate of the controller's authority cannot be read: {error}. "
            "Correct `controller.authority` in the stack file."
        ) from error
