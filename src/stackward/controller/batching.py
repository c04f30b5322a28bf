"""Gathers heartbeats that come at once, so that one transaction takes many of them before each is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from stackward.controller.counting import Counts
from stackward.errors import StackwardError
from stackward.state.heartbeats import Fate, Heartbeat, Taken
from stackward.state.store import Store

MOST_WAITING = 20_000
"""Heartbeats that may wait for their transaction. Further ones are turned away, so that memory has a bound."""

MOST_TOGETHER = 1_000

ENOUGH = 64
"""Heartbeats for which a transaction is begun at once."""

GATHER_SECONDS = 0.05
"""How long fewer wait for others: a transaction costs as much as many heartbeats, and no agent is in a hurry."""


class FullError(StackwardError):
    """Too many heartbeats wait already."""


class Batcher:
    """Takes heartbeats into one store: all that came while one transaction ran go into the next one."""

    def __init__(self, store: Store, now: Callable[[], datetime], counts: Counts) -> None:
        self._taker = store.heartbeat_taker()
        # One thread, as the connection is that thread's.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="heartbeats")
        self._now = now
        self._counts = counts
        self._waiting: list[tuple[Heartbeat, asyncio.Future[Taken]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def take(self, beat: Heartbeat) -> Taken:
        """Return what became of a heartbeat, once that is saved. Raises FullError, and whatever keeps it from that."""
        if len(self._waiting) >= MOST_WAITING:
            raise FullError(f"{MOST_WAITING} heartbeats wait already.")
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append((beat, answer))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await answer

    def close(self) -> None:
        """Give the connection back. Nothing may be taken any more."""
        self._executor.submit(self._taker.close)
        self._executor.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                if len(self._waiting) < ENOUGH:
                    await asyncio.sleep(GATHER_SECONDS)
                together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                beats = [beat for beat, _ in together]
                try:
                    taken = await loop.run_in_executor(self._executor, self._taker.take, beats, self._now())
                except Exception as error:  # noqa: BLE001  whoever waits is told, whatever it was
                    for _, answer in together:
                        if not answer.done():
                            answer.set_exception(error)
                    continue
                self._counts.count("stackward_heartbeat_batches_total")
                self._counts.count(
                    "stackward_heartbeats_total", sum(its.fate is Fate.TAKEN for its in taken), fate=Fate.TAKEN.value
                )
                for (_, answer), its in zip(together, taken, strict=True):
                    if not answer.done():
                        answer.set_result(its)
        finally:
            self._writer = None
