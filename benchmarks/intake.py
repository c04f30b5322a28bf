"""Heartbeats that are saved before they are answered, against an endpoint of the same server that stores nothing."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.intake_server import STACK, token
from benchmarks.measuring import Cost, MeasuringError, interleaved, ratio
from benchmarks.verdicts import Report, Verdict
from tests.postgresql_server import PostgresqlServer

AGENTS = 10_000
CONNECTIONS = 256
PER_SECOND = 333
"""Ten thousand agents at one heartbeat in thirty seconds."""

_TICKS = os.sysconf("SC_CLK_TCK")

# ruff: noqa: E501  the script's lines are wrk's
_SCRIPT = """
local number = {first}
local agents = {agents}
request = function()
    number = number + 1
    local agent = number % agents
    local body = string.format('{{"instance":"{stack}/i%d","number":%d,"agent":"1","boot":"8389db25-0da1-41b6-bbf2-943bdd77ed89",'
        .. '"cpu":12.5,"memory":40.1,"load":0.5,"disk":27.1,"releases":{{"storefront":"20260302-abcdef"}},"configured":1795694360}}', agent, number)
    return wrk.format("POST", "/heartbeat", {{["Authorization"] = string.format("Bearer token-of-agent-number-%06d", agent),
        ["Content-Type"] = "application/json"}}, body)
end
"""


class Server:
    """A server in a process of its own."""

    def __init__(self, url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._first = int(time.time() * 1000)
        command = [sys.executable, "-m", "benchmarks.intake_server", url, str(self.port), str(AGENTS)]
        self.process = subprocess.Popen(command, cwd=Path(__file__).parents[1])
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError as error:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise MeasuringError("the server did not begin") from error
                time.sleep(0.1)
            else:
                return

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def load(self, seconds: int) -> Cost:
        """As many heartbeats as it takes. The cost is that of one."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_SCRIPT.format(first=self._first, agents=AGENTS, stack=STACK))
            script.flush()
            before = self.cpu()
            done = subprocess.run(
                [
                    *("wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"),
                    *("--timeout", "60s"),
                    *("--script", script.name, "--latency", f"http://127.0.0.1:{self.port}/"),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            cpu = self.cpu() - before
        counted = re.search(r"(\d+) requests in ([\d.]+)", done.stdout)
        if counted is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            raise MeasuringError(f"heartbeats were refused or lost:\n{done.stdout}{done.stderr}")
        requests = int(counted[1])
        # Those that were under way at the end count too, and each connection may have one more ready.
        self._first += requests + 4 * CONNECTIONS
        return Cost(float(counted[2]) / requests, cpu / requests, 0, done.stdout)

    def paced(self, seconds: int) -> float:
        """How much of one core it uses at the rate of a whole fleet."""
        before, begun = self.cpu(), time.monotonic()
        asyncio.run(_fleet(self.port, self._first, seconds))
        share = (self.cpu() - before) / (time.monotonic() - begun)
        self._first += seconds * PER_SECOND
        return share

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait()


async def _fleet(port: int, first: int, seconds: int) -> None:
    """One heartbeat after the other in an even pace, each from another agent, over as many connections as need be."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    taken = []

    async def beat(number: int) -> None:
        reader, writer = free.get_nowait() if not free.empty() else await asyncio.open_connection("127.0.0.1", port)
        agent = number % AGENTS
        body = f'{{"instance":"{STACK}/i{agent}","number":{number},"agent":"1","boot":"b","cpu":12.5}}'.encode()
        head = (
            f"POST /heartbeat HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token(agent)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        taken.append(answer.startswith(b"HTTP/1.1 204"))
        free.put_nowait((reader, writer))

    begun, tasks = time.monotonic(), []
    for place in range(seconds * PER_SECOND):
        await asyncio.sleep(max(0.0, begun + place / PER_SECOND - time.monotonic()))
        tasks.append(asyncio.create_task(beat(first + place)))
    await asyncio.gather(*tasks)
    if not all(taken):
        raise MeasuringError(f"{taken.count(False)} of {len(taken)} heartbeats were refused")


@contextmanager
def _servers() -> Iterator[dict[str, Server]]:
    postgresql = PostgresqlServer()
    servers: dict[str, Server] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            servers["bare"] = Server("nothing")
            servers["sqlite"] = Server(f"sqlite:///{folder}/state.db")
            servers["postgresql"] = Server(postgresql.create_database())
            yield servers
        finally:
            for server in servers.values():
                server.end()
            postgresql.close()


def measure(rounds: int) -> Report:
    """Load each in turn; then the pace of a fleet."""
    if shutil.which("wrk") is None:
        raise MeasuringError("there is no wrk: apt-get install wrk")
    with _servers() as servers:
        costs = interleaved({name: partial(server.load, 4) for name, server in servers.items()}, rounds)
        paced = {name: servers[name].paced(10) for name in ("sqlite", "postgresql")}
    speeds = {name: 1 / (sum(cost.wall for cost in its) / len(its)) for name, its in costs.items()}
    return Report(
        "intake",
        (
            *(
                Verdict(
                    f"heartbeats a CPU second on {name}, of those of an endpoint that stores nothing",
                    1 / ratio(costs, name, "bare", "cpu"),
                    0.5,
                    at_least=True,
                )
                for name in ("sqlite", "postgresql")
            ),
            *(
                Verdict(f"one core for 10,000 agents on {name}", share * 100, 10, unit=" %")
                for name, share in paced.items()
            ),
        ),
        costs,
        tuple(f"{name}: {speed:,.0f} heartbeats/s" for name, speed in speeds.items()),
    )
