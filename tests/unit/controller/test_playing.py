"""When the service ends, so does every run, also one that was only just begun."""

import asyncio
import os
from pathlib import Path

import pytest

from stackward.controller import playing
from stackward.controller.playing import Order, Player
from stackward.errors import StackwardError


def order(folder: Path) -> Order:
    return Order("shop", "heal", ("web1",), (), {"PATH": os.environ["PATH"]}, folder / "runs", 1.0)


def test_a_run_that_begins_while_the_service_ends_is_ended_with_it(tmp_path, monkeypatch):
    make, processes = asyncio.create_subprocess_exec, []

    async def story():
        beginning, go_on = asyncio.Event(), asyncio.Event()

        async def slow(*_command, **options):
            beginning.set()
            await go_on.wait()
            processes.append(await make("sleep", "600", **options))
            return processes[0]

        monkeypatch.setattr(playing.asyncio, "create_subprocess_exec", slow)
        player = Player()
        run = asyncio.create_task(player.play(order(tmp_path)))
        await beginning.wait()
        ending = asyncio.create_task(player.end(1.0))
        await asyncio.sleep(0)
        go_on.set()
        async with asyncio.timeout(60):
            await ending
            ended = await run
        assert ended.code != 0
        assert processes[0].returncode is not None

    try:
        asyncio.run(story())
    finally:
        for process in processes:
            if process.returncode is None:
                os.kill(process.pid, 9)


def test_none_begins_once_it_has_ended(tmp_path):
    async def story():
        player = Player()
        await player.end(1.0)
        with pytest.raises(StackwardError, match="the service ends"):
            await player.play(order(tmp_path))

    asyncio.run(story())
    assert not (tmp_path / "runs").exists()
