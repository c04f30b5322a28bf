"""A batch waits while there is no room for it, says so once, and gives up in the end."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from ansible_collections.stackward.ops.plugins.action import claim

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

        monkeypatch.setattr(claim, "preview", preview)
        monkeypatch.setattr(claim, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep))
        action = claim.ActionModule.__new__(claim.ActionModule)
        action._display = SimpleNamespace(display=said.append)
        action._owner = process.owner(parent)
        action._wait_for_room(SimpleNamespace(name="shop"), None, Scope(), 7)
        return said, clock[0]

    return run


def kept(why: str) -> Plan:
    return Plan(waiting=(Waiting("web1", 1, 1, 1, why), Waiting("web2", 2, 1, 2)))


def test_with_room_nothing_is_said_and_nobody_waits(wait):
    assert wait(kept("")) == ([], 0)


def test_without_it_waits_until_there_is(wait):
    said, seconds = wait(kept(WHY), kept(WHY), kept(""))
    assert said == [f"shop: web1: waiting up to 600 s: {WHY}"]
    assert seconds == 2 * claim.POLL_SECONDS


def test_it_does_not_wait_for_ever(wait):
    said, seconds = wait(kept(WHY))
    assert len(said) == 1
    assert claim.ROOM_SECONDS <= seconds <= claim.ROOM_SECONDS + claim.POLL_SECONDS


def test_a_worker_whose_run_was_killed_claims_nothing_any_more(wait):
    with pytest.raises(StackwardError, match="was killed, so nothing is claimed for it"):
        wait(kept(WHY), kept(""), parent=os.getpid())
