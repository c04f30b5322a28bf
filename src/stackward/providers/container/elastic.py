"""The additional address of a running host: added inside it, and announced so that it moves at once."""

from __future__ import annotations

from stackward.providers.container.engine import Engine

_INTERFACE = "eth0"

_ANNOUNCE = """
import socket, struct, sys
interface, address = sys.argv[1], socket.inet_aton(sys.argv[2])
everyone = b"\\xff" * 6
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
    link.bind((interface, 0x0806))
    own = link.getsockname()[4]
    for operation in (1, 2):
        header = struct.pack("!6s6sHHHBBH", everyone, own, 0x0806, 1, 0x0800, 6, 4, operation)
        link.send(header + own + address + everyone + address)
"""
"""Gratuitous ARP, as request and as reply: systems differ in which of the two they believe."""


def add(engine: Engine, container: str, address: str) -> None:
    """Give the running container the address, if it has not got it, and tell its neighbours."""
    _inside(engine, container, ("ip", "address", "replace", f"{address}/32", "dev", _INTERFACE), f"add {address}")
    announcement = ("python3", "-c", _ANNOUNCE, _INTERFACE, address)
    _inside(engine, container, announcement, f"announce {address}")


def remove(engine: Engine, container: str, address: str) -> None:
    """Take the address from the running container, if it has it."""
    script = 'ip address show dev "$1" | grep -qF "inet $2/32" || exit 0; ip address delete "$2/32" dev "$1"'
    _inside(engine, container, ("sh", "-c", script, "sh", _INTERFACE, address), f"remove {address}")


def _inside(engine: Engine, container: str, command: tuple[str, ...], to: str) -> None:
    # A host may not change its own network; a command of the engine's with all privileges may.
    engine.run("exec", "--privileged", container, *command, to=to)
