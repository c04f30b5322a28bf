"""A batch waits while there is no room for it, says so once, and gives up in the end."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils import look, waiting

from stackward.engine import process
from stackward.errors import StackwardError
from stackward.planner import Plan, Scope
from stackward.planner.plan import Waiting

pytestmark = pytest.mark.ansible

WHY = "1 instance of layer web may be down at a time, and web3 is"


@pytest.fixture
def wait(monkeypatch):
    """Wait with plans that come one after the other; returns what was said and how often it looked."""

    def run(*plans: Plan, parent: int | None = None) -> tuple[list[str], int]:
        parent = os.getppid() if parent is None else parent
        coming, said, clock = list(plans), [], [0.0]

        def preview(*_arguments):
            return (coming.pop(0) if len(coming) > 1 else coming[0]), None

        def sleep(seconds: float) -> None:
            clock[0] += seconds

        monkeypatch.setattr(waiting, "preview", preview)
        monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep))
        monkeypatch.setattr(waiting, "Display", lambda: SimpleNamespace(display=said.append))
        asked = look.Look(stacks={}, kind="converge", owner=process.owner(parent), scope=None, begun={})
        waiting.for_room(asked, None, SimpleNamespace(name="shop"), Scope(), 7)
        return said, clock[0]

    return run


def kept(why: str) -> Plan:
    return Plan(waiting=(Waiting("web1", 1, 1, 1, why), Waiting("web2", 2, 1, 2)))


def test_with_room_nothing_is_said_and_nobody_waits(wait):
    assert wait(kept("")) == ([], 0)


def test_without_it_waits_until_there_is(wait):
    said, seconds = wait(kept(WHY), kept(WHY), kept(""))
    assert said == [f"shop: web1: waiting up to 600 s: {WHY}"]
    assert seconds == 2 * waiting.POLL_SECONDS


def test_it_does_not_wait_for_ever(wait):
    said, seconds = wait(kept(WHY))
    assert len(said) == 1
    assert waiting.ROOM_SECONDS <= seconds <= waiting.ROOM_SECONDS + waiting.POLL_SECONDS


def test_a_worker_whose_run_was_killed_claims_nothing_any_more(wait):
    with pytest.raises(StackwardError, match="was killed, so nothing is claimed for it"):
        wait(kept(WHY), kept(""), parent=os.getpid())
