"""What an agent costs the instance that it runs on."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import MeasuringError
from benchmarks.verdicts import Report, Verdict
from stackward.agent import program
from stackward.engine import authority

EVERY = 0.1
"""Seconds between heartbeats, so that many are measured in a short time; on an instance it is 30."""

HEARTBEATS = 100
INTERVAL = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> Report:
    """Run the agent against a controller that takes everything, over TLS."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "authority.pem"
        certificate, key = authority.server(place, ("127.0.0.1",), datetime.now(UTC))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=_take, args=(listening, context), daemon=True).start()
        token, settings = Path(folder) / "token", Path(folder) / "agent.conf"
        token.write_text("x" * 43)
        settings.write_text(
            f"instance = shop/web1\nhost = 127.0.0.1\nport = {listening.getsockname()[1]}\npath = /heartbeat\n"
            f"every = {EVERY}\ntoken = {token}\nauthority = {place}\n"
        )
        process = subprocess.Popen([_python(), "-I", "-S", program.__file__, str(settings)])
        try:
            time.sleep(5)
            before, begun = _cpu(process.pid), time.monotonic()
            time.sleep(HEARTBEATS * EVERY)
            cpu, passed = _cpu(process.pid) - before, time.monotonic() - begun
            memory = _memory(process.pid)
        finally:
            process.kill()
            process.wait()
    each = cpu / (passed / EVERY)
    return Report(
        "agent",
        (
            Verdict("memory of its own and its share of what it shares", memory["Pss"] / 1000, 15, unit=" MB"),
            Verdict("one core, at a heartbeat in 30 s over TLS", 100 * each / INTERVAL, 0.2, unit=" %"),
        ),
        notes=(
            f"resident {memory['Rss'] / 1000:.1f} MB, of which only its own {memory['Private_Dirty'] / 1000:.1f} MB",
        ),
    )


def _take(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        plain, _ = listening.accept()
        with context.wrap_socket(plain, server_side=True) as connection:
            while connection.recv(8192):
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def _python() -> str:
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


def _cpu(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError as error:
        raise MeasuringError("the agent has died") from error
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(process: int) -> dict[str, int]:
    """Kilobytes by kind."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
