"""Takes heartbeats over HTTP: each is saved before it is answered, or refused and counted."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from stackward.controller.batching import Batcher, FullError
from stackward.controller.counting import Counts
from stackward.controller.heartbeat_form import LONGEST, read
from stackward.errors import StateError
from stackward.state.heartbeats import Fate, Heartbeat, Taken, hashed

SOONEST = 1 / 3
"""How much of the interval must lie between two heartbeats of an agent."""

_PLACE = "heartbeat"
"""How the path ends; what is before it belongs to whatever passes requests on."""

_TOKEN = re.compile(rb"Bearer ([A-Za-z0-9_-]{20,100})")
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an agent is told. It has no body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()


_WELL = _Answer(204)
_ONLY_POST = _Answer(405, ((b"allow", b"POST"), (b"content-length", b"0")))

Health = Callable[[], Awaitable[tuple[bool, Mapping[str, object]]]]
"""Whether the service does its work, and how."""


def application(desks: Mapping[str, Desk], counts: Counts, health: Health) -> ASGIApp:
    """Return the service as an ASGI application. `desks` is by stack, and may change while it runs."""

    async def healthz(_request: Request) -> Response:
        good, said = await health()
        return JSONResponse(said, status_code=200 if good else 503)

    async def metrics(_request: Request) -> Response:
        return PlainTextResponse(counts.text(), media_type="text/plain; version=0.0.4")

    pages = Starlette(routes=[Route("/healthz", healthz), Route("/metrics", metrics)])

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Heartbeats do without a router and a request: in thousands a second these cost more than all the rest.
        if scope["type"] == "http" and scope["path"].endswith(_PLACE):
            answer = await _heartbeat(scope, receive, desks, counts) if scope["method"] == "POST" else _ONLY_POST
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await pages(scope, receive, send)

    return serve


async def _heartbeat(scope: Scope, receive: Receive, desks: Mapping[str, Desk], counts: Counts) -> _Answer:
    def refused(status: int, why: str, counted: str, **headers: str) -> _Answer:
        counts.count(_METRIC, fate=counted)
        told = {"stackward-reason": why, "content-length": "0", **headers}
        return _Answer(status, tuple((name.encode(), value.encode("ascii", "replace")) for name, value in told.items()))

    authorization, length = _headers(scope)
    token = _TOKEN.fullmatch(authorization)
    if token is None:
        return refused(401, "there is no token", Fate.UNKNOWN.value)
    if not length.isdigit() or int(length) > LONGEST:
        return refused(413, f"more than {LONGEST} bytes", "oversized", connection="close")
    body = await _body(receive)
    if body is None:
        return refused(400, "cut short", "malformed")
    if len(body) > LONGEST:
        return refused(413, f"more than {LONGEST} bytes", "oversized", connection="close")
    said = read(body)
    if said is None:
        return refused(400, "this is no heartbeat", "malformed")
    desk = desks.get(said.instance.partition("/")[0])
    if desk is None:
        return refused(401, "there is no such stack", Fate.UNKNOWN.value)
    known = hashed(token[1].decode())
    beat = Heartbeat(known, said.instance, said.number, said.vitals(), soonest=desk.every * SOONEST)
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


def _headers(scope: Scope) -> tuple[bytes, bytes]:
    """What a request says of its token and its length."""
    authorization, length = b"", b"0"
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value
        elif name == b"content-length":
            length = value
    return authorization, length


async def _body(receive: Receive) -> bytes | None:
    """The body, None if it is cut short. Of one that is too long no more than the part that shows it is read."""
    whole = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        whole += part
        if not message.get("more_body", False) or len(whole) > LONGEST:
            return whole
