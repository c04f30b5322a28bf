"""The ticks of one stack: look whether a playbook has something to do, and run it where it has."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from stackward.controller.counting import Counts
from stackward.controller.due import Due
from stackward.controller.playing import Ended
from stackward.controller.surprises import in_words, log_origin

LOG = logging.getLogger("stackward")

MOST_TOGETHER = 4
"""Runs of a stack beside each other: a slow Setup must not hold up what is to be done elsewhere."""

CLAIMING_SECONDS = 10.0
"""How long a run takes at most until its claims are to be seen. Before that, another one of its kind would be idle."""

LONGEST_PAUSE = 600.0
"""Seconds after which something that fails again and again is tried once more."""

Look = Callable[[str], Awaitable[Due]]
Play = Callable[[str, Due], Awaitable[Ended]]


class Ticks:
    """What one stack has going. `every` says for each playbook how many seconds lie between two looks."""

    def __init__(self, stack: str, every: Mapping[str, float], look: Look, play: Play, counts: Counts) -> None:
        self._stack = stack
        self._every = every
        self._look = look
        self._play = play
        self._counts = counts
        self._runs: dict[asyncio.Task[None], tuple[str, float]] = {}
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._failed: dict[str, frozenset[str]] = {}
        self._said: dict[str, tuple[str, ...]] = {}
        self._looked = {playbook: time.monotonic() for playbook in every}
        self._loops = [asyncio.create_task(self._tick(playbook)) for playbook in every]

    def stop(self) -> None:
        """Look no more. Runs that have begun go on."""
        for loop in self._loops:
            loop.cancel()

    def running(self) -> tuple[str, ...]:
        """Return the playbooks that run now."""
        return tuple(playbook for playbook, _ in self._runs.values())

    def behind(self) -> tuple[str, ...]:
        """Return the playbooks whose last look that came to its end is too long ago."""
        now = time.monotonic()
        return tuple(name for name, at in self._looked.items() if now - at > 3 * self._every[name] + 60)

    async def _tick(self, playbook: str) -> None:
        while True:
            begun = time.monotonic()
            if await self._once(playbook):
                self._looked[playbook] = time.monotonic()
            await asyncio.sleep(max(0.1, self._every[playbook] - (time.monotonic() - begun)))

    async def _once(self, playbook: str) -> bool:
        """Look, and run what is due. Returns whether it could look."""
        try:
            found = await self._look(playbook)
        except Exception as error:  # noqa: BLE001
            # A plugin's mistake, or one of ours, must not end the looks for good: nobody would heal any more.
            self._counts.count("stackward_looks_failed_total", stack=self._stack, playbook=playbook)
            if self._say(playbook, (f"{self._stack}: {playbook}: {in_words(error)}",)):
                log_origin(error)
            return False
        self._counts.count("stackward_looks_total", stack=self._stack, playbook=playbook)
        self._say(playbook, found.lines)
        if found.due and self._may_run(playbook, found):
            task = asyncio.create_task(self._run(playbook, found))
            self._runs[task] = (playbook, time.monotonic())
            task.add_done_callback(self._runs.pop)
        return True

    def _say(self, playbook: str, lines: tuple[str, ...]) -> bool:
        """Log what is seen, once for as long as it stays the same. Returns whether it is news."""
        news = lines != self._said.get(playbook, ())
        if news:
            for line in lines:
                LOG.info("%s", line)
        self._said[playbook] = lines
        return news

    def _may_run(self, playbook: str, due: Due) -> bool:
        now = time.monotonic()
        begins = any(name == playbook and now - at < CLAIMING_SECONDS for name, at in self._runs.values())
        # Whoever was not among those that failed does not wait for them.
        waits = now < self._not_before.get(playbook, 0.0) and due.names <= self._failed.get(playbook, frozenset())
        return not begins and len(self._runs) < MOST_TOGETHER and not waits

    async def _run(self, playbook: str, due: Due) -> None:
        begun = time.monotonic()
        try:
            ended = await self._play(playbook, due)
        except Exception as error:  # noqa: BLE001  as for a look
            code, why = 1, in_words(error)
            log_origin(error)
        else:
            code, why = ended.code, f"{ended.closing()} (all of it is in {ended.output})" if ended.code else ""
        seconds = time.monotonic() - begun
        self._counts.count(
            "stackward_runs_total", stack=self._stack, playbook=playbook, result="failed" if code else "successful"
        )
        if code == 0:
            self._failures.pop(playbook, None)
            LOG.info("%s: %s: done in %.0f s", self._stack, playbook, seconds)
            return
        failures = self._failures[playbook] = self._failures.get(playbook, 0) + 1
        pause = min(LONGEST_PAUSE, self._every[playbook] * 2 ** min(failures, 10))
        self._not_before[playbook] = time.monotonic() + pause
        self._failed[playbook] = due.names
        LOG.warning(
            "%s: %s: failed after %.0f s, again in %.0f s at the earliest: %s",
            self._stack,
            playbook,
            seconds,
            pause,
            why,
        )
