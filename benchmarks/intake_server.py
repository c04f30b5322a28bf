"""The intake of heartbeats, or an endpoint of the same server that stores nothing, for a benchmark.

python -m benchmarks.intake_server URL|nothing PORT AGENTS
"""

from __future__ import annotations

import socket
import sys
from datetime import UTC, datetime

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from stackward.controller.batching import Batcher
from stackward.controller.bounded import most_connections, protocol
from stackward.controller.counting import Counts
from stackward.controller.intake import Desk, application
from stackward.state.heartbeats import hashed
from stackward.state.store import open_store

STACK = "bench"


def token(number: int) -> str:
    """The token of an agent."""
    return f"token-of-agent-number-{number:06d}"


def bare() -> Starlette:
    """An endpoint that reads what it is sent and answers as the intake does."""

    async def heartbeat(request: Request) -> Response:
        await request.body()
        return Response(status_code=204)

    return Starlette(routes=[Route("/heartbeat", heartbeat, methods=["POST"])])


def intake(url: str, agents: int) -> ASGIApp:
    """The intake itself, with so many agents that it knows."""
    store = open_store(url)
    now = datetime.now(UTC)
    with store.transaction(STACK) as transaction:
        for number in range(agents):
            transaction.put_instance(f"i{number}", ("web",), now)
            transaction.issue_token(f"i{number}", hashed(token(number)), now)
    counts = Counts()
    batcher = Batcher(store, lambda: datetime.now(UTC), counts)

    async def health() -> tuple[bool, dict[str, object]]:
        return True, {}

    return application({STACK: Desk(batcher, 0.0)}, counts, health)


def main() -> None:
    """Serve until told to stop."""
    url, port, agents = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    app, reading = (bare(), "auto") if url == "nothing" else (intake(url, agents), protocol(most_connections()))
    place = socket.create_server(("127.0.0.1", port), backlog=2048)
    settings = uvicorn.Config(
        app,
        http=reading,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_keep_alive=600,
        proxy_headers=False,
    )
    uvicorn.Server(settings).run(sockets=[place])


if __name__ == "__main__":
    main()
