"""Asks many addresses at once whether anybody answers there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from stackward.definition.model import Check, CheckType

ANSWER_SECONDS = 5.0
"""How long one question may take."""

AT_ONCE = 200
"""How many are asked at a time."""


def silent_ssh(places: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """Ask the SSH servers at some places, by name, for their greeting. Returns why each is silent, "" where it greets.

    A host that hangs still takes connections; only a server that runs greets.
    """
    return _all({name: partial(_greeting, *place) for name, place in places.items()})


def failing_checks(wanted: Mapping[str, tuple[str, Check]]) -> dict[str, str]:
    """Ask instances at their addresses by checks over the network. Returns why each fails, "" where it passes."""
    return _all({name: partial(_check, *target) for name, target in wanted.items()})


def _all(questions: Mapping[str, Callable[[], Awaitable[str]]]) -> dict[str, str]:
    async def ask() -> Sequence[str]:
        room = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(_answered(room, question) for question in questions.values()))

    return dict(zip(questions, asyncio.run(ask()), strict=True))


async def _answered(room: asyncio.Semaphore, question: Callable[[], Awaitable[str]]) -> str:
    async with room:
        try:
            return await asyncio.wait_for(question(), ANSWER_SECONDS)
        except TimeoutError:
            return f"no answer within {ANSWER_SECONDS:.0f} s"
        except OSError as error:
            return os.strerror(error.errno) if error.errno else str(error)
        except UnicodeError as error:
            return f"its address is none: {error}"


async def _greeting(address: str, port: int) -> str:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        greeting = await reader.read(64)
    finally:
        writer.close()
    return "" if greeting.startswith(b"SSH-") else "something else than an SSH server answers"


async def _check(address: str, check: Check) -> str:
    reader, writer = await asyncio.open_connection(address, check.port)
    try:
        if check.type is CheckType.TCP:
            return ""
        request = f"GET {check.path} HTTP/1.0\r\nHost: {address}\r\nUser-Agent: stackward\r\n\r\n"
        writer.write(request.encode("ascii", "replace"))
        await writer.drain()
        status = await _first_line(reader)
    finally:
        writer.close()
    words = status.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal() or len(words[1]) != 3:
        return "it does not speak HTTP"
    return "" if int(words[1]) < 400 else f"HTTP {' '.join(words[1:])}"


async def _first_line(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readline()).decode("latin-1").strip()
    except ValueError:  # longer than a StreamReader takes
        return ""
