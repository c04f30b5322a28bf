"""Starts the demo stack, waits until its app answers through the load balancer, and says what to do next."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackward import ssh
from stackward.definition import loader
from stackward.errors import StackwardError
from stackward.state.records import MachineRecord
from stackward.state.store import open_store

ROOT = Path(__file__).resolve().parent.parent
STACK = "inventory/shop.stack.yml"
BIN = ".venv/bin"
PATIENCE = 120.0
"""Seconds that the app may take to answer once the stack is online."""

NEXT = (
    ("stackward stop --instance web1", "the page goes on answering"),
    ("stackward start --instance web1", "set up, deployed, made known"),
    ("stackward why web1", "how it came to be as it is"),
)


class NotServingError(Exception):
    """The demo does not serve; the message says why and what to do."""


def main() -> int:
    """Start, wait and tell; the answer is the exit code."""
    os.chdir(ROOT)
    try:
        start()
        stack = loader.load(STACK, environment=os.environ)
        machine = load_balancer(stack.name, stack.state)
        with reachable(machine, stack.data) as url:
            visit = wait(url)
            show(url, visit, tunnel=url if machine.port != 22 else None)
    except (NotServingError, StackwardError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. `make demo` goes on where this ended; `make clean-demo` removes it.", file=sys.stderr)
        return 130
    return 0


def start() -> None:
    """Bring every instance of the stack online. Raises NotServingError."""
    print("Starting the stack shop: four hosts, Setup, Deploy, Configure", flush=True)
    done = subprocess.run([f"{BIN}/ansible-playbook", "-i", STACK, "playbooks/start.yml"], check=False)
    if done.returncode:
        raise NotServingError(
            "The shop is not online; the lines above say why. `make demo` goes on where this ended, "
            f"`{BIN}/stackward status` shows where that is, and `make clean-demo` removes everything."
        )


def load_balancer(stack: str, state: str) -> MachineRecord:
    """Return the machine that the load balancer runs on. Raises NotServingError."""
    machine = open_store(state).snapshot(stack).instances["lb1"].machine
    if machine is None or machine.address is None:
        raise NotServingError(f"lb1 has no machine; see `{BIN}/stackward why lb1`.")
    return machine


@contextmanager
def reachable(machine: MachineRecord, data: str) -> Iterator[str]:
    """Yield the URL of the load balancer, through SSH where its own address cannot be reached from here."""
    if machine.port == 22:
        yield f"http://{machine.elastic_address or machine.address}/"
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tunnel = subprocess.Popen(
        [
            *("ssh", "-N", "-p", str(machine.port), "-i", str(ssh.private_key(data)), "-o", "IdentitiesOnly=yes"),
            *("-o", f"UserKnownHostsFile={ssh.known_hosts(data)}", "-o", "ExitOnForwardFailure=yes"),
            *("-L", f"127.0.0.1:{port}:localhost:80", f"root@{machine.address}"),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        tunnel.terminate()
        tunnel.wait()


def wait(url: str) -> str:
    """Return what the app says of a visit, which it counts in the database. Raises NotServingError."""
    deadline = time.monotonic() + PATIENCE
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with direct.open(url, timeout=10) as answer:
                page = answer.read().decode(errors="replace")
            if found := re.search(r"Visit \d+, answered by [^.<]+", page):
                return found[0]
            problem = f"a page without a visit: {page[:200]!r}"
        except (urllib.error.URLError, OSError) as error:
            problem = str(error)
        if time.monotonic() > deadline:
            raise NotServingError(f"{url} does not serve the shop ({problem}). See `{BIN}/stackward status`.")
        time.sleep(1)


def show(url: str, visit: str, *, tunnel: str | None) -> None:
    """Print where the shop is, how its instances are, and what to try."""
    print("\nThe shop serves:" if tunnel is None else "\nThe shop serves, as seen through its load balancer's SSH:")
    print(f"    {url}    ({visit})\n", flush=True)
    subprocess.run([f"{BIN}/stackward", "status"], check=False)
    width = max(len(command) for command, _ in NEXT)
    print("\nTry next:")
    for command, about in NEXT:
        print(f"    {BIN}/{command:<{width}}  # {about}")
    print("README.md goes on from here. `make clean-demo` removes everything.")


if __name__ == "__main__":
    sys.exit(main())
