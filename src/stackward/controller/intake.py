"""Takes heartbeats over HTTP: each is saved before it is answered, or refused and counted."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from stackward.controller.batching import Batcher, FullError
from stackward.controller.counting import Counts
from stackward.controller.heartbeat_form import LONGEST, read
from stackward.errors import StateError
from stackward.state.heartbeats import Fate, Heartbeat, Taken, hashed

SOONEST = 1 / 3
"""How much of the interval must lie between two heartbeats of an agent."""

_TOKEN = re.compile(r"Bearer ([A-Za-z0-9_-]{20,100})")
_WELL = Response(status_code=204)
_METRIC = "stackward_heartbeats_total"
_REFUSED: Mapping[Fate, tuple[int, str]] = {
    Fate.UNKNOWN: (401, "nobody has this token"),
    Fate.FOREIGN: (403, "this token is for another instance"),
    Fate.REPLAYED: (409, "a heartbeat with this number or a later one was taken before"),
    Fate.TOO_SOON: (429, "the last one was taken only just now"),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the heartbeats of one stack go, and how often its agents report, in seconds."""

    batcher: Batcher
    every: float


Health = Callable[[], Awaitable[tuple[bool, Mapping[str, object]]]]
"""Whether the service does its work, and how."""


def application(desks: Mapping[str, Desk], counts: Counts, health: Health) -> Starlette:
    """Return the service as an ASGI application. `desks` is by stack, and may change while it runs."""

    async def heartbeat(request: Request) -> Response:
        return await _heartbeat(request, desks, counts)

    async def healthz(_request: Request) -> Response:
        good, said = await health()
        return JSONResponse(said, status_code=200 if good else 503)

    async def metrics(_request: Request) -> Response:
        return PlainTextResponse(counts.text(), media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[
            Route("/{path:path}heartbeat", heartbeat, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/metrics", metrics),
        ]
    )


async def _heartbeat(request: Request, desks: Mapping[str, Desk], counts: Counts) -> Response:
    def refused(status: int, why: str, counted: str, **headers: str) -> Response:
        counts.count(_METRIC, fate=counted)
        return Response(status_code=status, headers={"stackward-reason": why, **headers})

    token = _TOKEN.fullmatch(request.headers.get("authorization", ""))
    if token is None:
        return refused(401, "there is no token", Fate.UNKNOWN.value)
    try:
        body = await _body(request)
    except ClientDisconnect:
        return refused(400, "cut short", "malformed")
    if body is None:
        return refused(413, f"more than {LONGEST} bytes", "oversized", connection="close")
    said = read(body)
    if said is None:
        return refused(400, "this is no heartbeat", "malformed")
    desk = desks.get(said.instance.partition("/")[0])
    if desk is None:
        return refused(401, "there is no such stack", Fate.UNKNOWN.value)
    beat = Heartbeat(hashed(token[1]), said.instance, said.number, said.vitals(), soonest=desk.every * SOONEST)
    try:
        taken = await desk.batcher.take(beat)
    except FullError as error:
        return refused(503, str(error), "turned away")
    except StateError:
        return refused(503, "the state cannot be written", "not saved")
    if taken.fate is Fate.TAKEN:
        return _WELL
    status, why = _REFUSED[taken.fate]
    return refused(status, why, taken.fate.value, **_advice(taken, desk))


def _advice(taken: Taken, desk: Desk) -> dict[str, str]:
    """What an agent can go by."""
    if taken.fate is Fate.REPLAYED:
        return {"stackward-number": str(taken.number)}
    if taken.fate is Fate.TOO_SOON:
        return {"retry-after": str(max(1, int(desk.every)))}
    return {}


async def _body(request: Request) -> bytes | None:
    """The body, None if it is too long. No more than what is allowed is ever read."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LONGEST:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LONGEST:
            return None
        parts.append(part)
    return b"".join(parts)
