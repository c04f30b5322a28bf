"""A tick looks, runs where there is something to do, and waits longer after each failure."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from stackward.controller import ticking
from stackward.controller.counting import Counts
from stackward.controller.due import Due
from stackward.controller.playing import Ended
from stackward.controller.ticking import Ticks
from stackward.errors import StackwardError

ENDED = Ended(0, Path("/nowhere"))


class Stack:
    """What a look finds, and what a run comes to."""

    def __init__(self, due=True, code=0, failure=None):
        self.due, self.code, self.failure = due, code, failure
        self.looks, self.plays, self.gate = 0, [], asyncio.Event()
        self.gate.set()

    async def look(self, playbook):
        self.looks += 1
        if self.failure:
            raise StackwardError(self.failure)
        return Due(self.due, (f"shop: {playbook}",), ("web1",))

    async def play(self, playbook, due):
        self.plays.append((playbook, due.instances))
        await self.gate.wait()
        return Ended(self.code, Path("/nowhere"))


@pytest.fixture
def clock(monkeypatch):
    """What the ticks go by between looks. It stands still unless a test moves it on."""
    now = [1000.0]
    monkeypatch.setattr(ticking, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def ticked(stack, looks=3, every=0.1):
    """Let it tick until it has looked that often, however long that takes."""

    async def run():
        stack.gate = asyncio.Event()
        stack.gate.set()
        counts = Counts()
        ticks = Ticks("shop", {"heal": every}, stack.look, stack.play, counts)
        async with asyncio.timeout(60):
            while stack.looks < looks:
                await asyncio.sleep(0.01)
        ticks.stop()
        await asyncio.sleep(0)
        return counts, ticks

    return asyncio.run(run())


def test_where_nothing_is_due_nothing_runs():
    stack = Stack(due=False)
    counts, ticks = ticked(stack)
    assert stack.plays == []
    assert ticks.running() == ()
    assert counts.of("stackward_looks_total", stack="shop", playbook="heal") == stack.looks


def test_what_is_due_is_carried_out_on_those_that_it_is_about():
    stack = Stack()
    counts, _ = ticked(stack)
    assert stack.plays[0] == ("heal", ("web1",))
    assert counts.of("stackward_runs_total", stack="shop", playbook="heal", result="successful") == len(stack.plays)


def test_after_a_failure_the_next_run_waits(clock):
    class Later(Stack):
        async def look(self, playbook):
            if self.looks == 4:
                clock[0] += 0.2
            return await super().look(playbook)

    stack = Later(code=2)
    ticked(stack, looks=4)
    assert len(stack.plays) == 1
    stack = Later(code=2)
    counts, _ = ticked(stack, looks=7)
    assert len(stack.plays) == 2
    assert counts.of("stackward_runs_total", stack="shop", playbook="heal", result="failed") == 2


def test_one_that_fails_again_and_again_holds_up_nobody_else(monkeypatch, clock):
    monkeypatch.setattr(ticking, "CLAIMING_SECONDS", 0.0)

    class Failing(Stack):
        async def look(self, playbook):
            self.looks += 1
            names = ("web1",) if self.looks < 4 else ("web1", "web2")
            return Due(True, names=frozenset(names), instances=names)

    async def run(stack):
        ticks = Ticks("shop", {"heal": 0.02}, stack.look, stack.play, Counts())
        # It waits a long time by now.
        ticks._failures["heal"] = 12
        async with asyncio.timeout(30):
            while stack.looks < 8:
                await asyncio.sleep(0.01)
        ticks.stop()

    stack = Failing(code=2)
    asyncio.run(run(stack))
    # Once for what has failed, once for somebody new beside it; after that both wait.
    assert [instances for _, instances in stack.plays] == [("web1",), ("web1", "web2")]


def test_a_run_that_has_only_just_begun_is_not_joined_by_another(clock):
    stack = Stack()

    async def slow(_playbook, _due):
        stack.plays.append(1)
        await asyncio.sleep(60)
        return ENDED

    stack.play = slow
    ticked(stack, looks=4)
    assert len(stack.plays) == 1


def test_those_that_have_claimed_are_joined_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(ticking, "CLAIMING_SECONDS", 0.0)
    stack = Stack()

    async def slow(_playbook, _due):
        stack.plays.append(1)
        await asyncio.sleep(60)
        return ENDED

    stack.play = slow
    ticked(stack, looks=ticking.MOST_TOGETHER + 3)
    assert len(stack.plays) == ticking.MOST_TOGETHER


def test_a_look_that_fails_is_said_once_and_tried_again(caplog):
    stack = Stack(failure="the state is locked")
    with caplog.at_level("INFO"):
        counts, _ = ticked(stack)
    assert caplog.text.count("the state is locked") == 1
    assert counts.of("stackward_looks_failed_total", stack="shop", playbook="heal") == stack.looks


def test_looks_that_fail_again_and_again_are_behind_like_those_that_never_come(clock):
    stack = Stack(due=False)

    async def run():
        ticks = Ticks("shop", {"heal": 0.01}, stack.look, stack.play, Counts())

        async def looks():
            before = stack.looks
            while stack.looks < before + 2:
                await asyncio.sleep(0.01)

        found = []
        for failure, later in ((None, 0), ("the state is gone", 0), ("the state is gone", 61), (None, 0)):
            stack.failure = failure
            clock[0] += later
            await looks()
            found.append(ticks.behind())
        ticks.stop()
        return found

    assert asyncio.run(run()) == [(), (), ("heal",), ()]


def test_a_run_that_cannot_be_started_counts_as_failed():
    stack = Stack()

    async def broken(_playbook, _due):
        raise StackwardError("no room")

    stack.play = broken
    counts, _ = ticked(stack)
    assert counts.of("stackward_runs_total", stack="shop", playbook="heal", result="failed") >= 1


@pytest.mark.parametrize(
    ("printed", "closing"),
    [
        ("PLAY\n[ERROR]: no such host\nPLAY RECAP\n", "[ERROR]: no such host"),
        ("fatal: [web1]: FAILED!\nweb1 : ok=1\n\n", "fatal: [web1]: FAILED!"),
        (
            '[ERROR]: Task failed: no room\nfatal: [web1]: FAILED! => {"msg": "no room"}\n',
            "[ERROR]: Task failed: no room",
        ),
        ("the last line\n\n", "the last line"),
        ("", ""),
    ],
)
def test_why_a_run_failed_is_what_its_output_says(tmp_path, printed, closing):
    output = tmp_path / "stdout"
    output.write_text(printed)
    assert Ended(1, output).closing() == closing


def test_an_output_that_is_not_there_says_nothing():
    assert Ended(1, Path("/nowhere")).closing() == ""


def test_a_look_that_breaks_in_a_way_nobody_thought_of_is_said_and_tried_again(caplog):
    caplog.set_level("INFO", "stackward")

    class Broken(Stack):
        async def look(self, playbook):
            self.looks += 1
            raise RuntimeError("a witness has gone mad")

    stack = Broken()
    counts, _ = ticked(stack)
    assert counts.of("stackward_looks_failed_total", stack="shop", playbook="heal") == stack.looks
    assert "shop: heal: RuntimeError: a witness has gone mad" in caplog.text
    # Where it came from, once: somebody has to mend it.
    assert caplog.text.count("Traceback") == 1


def test_a_run_that_breaks_in_a_way_nobody_thought_of_counts_as_failed_and_the_next_one_waits(clock):
    class Broken(Stack):
        async def play(self, playbook, due):
            self.plays.append((playbook, due.instances))
            raise RuntimeError("no more of anything")

    stack = Broken()
    counts, ticks = ticked(stack, looks=4)
    assert len(stack.plays) == 1
    assert counts.of("stackward_runs_total", stack="shop", playbook="heal", result="failed") == 1
    assert ticks.running() == ()
