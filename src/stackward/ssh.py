"""How the controller reaches the machines of a stack: its key, their pinned host keys, and when they answer."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stackward.errors import ProviderError
from stackward.providers import host_keys

ATTEMPT_SECONDS = 1.0
"""One connection attempt. Short, because a lost packet during boot would otherwise back off for seconds."""


def private_key(data: str) -> Path:
    """Where the stack's private key is, whether or not it has been made."""
    return Path(data) / "ssh" / "id_ed25519"


def known_hosts(data: str) -> Path:
    """The stack's own known_hosts file; a person's ~/.ssh is never touched."""
    return Path(data) / "ssh" / "known_hosts"


def public_key(data: str) -> str:
    """The stack's public key; the pair is made at the first call. Safe in several processes at once."""
    path = private_key(data)
    with _locked(data):
        if not path.exists():
            _make_pair(path)
    return path.with_suffix(".pub").read_text().strip()


def _make_pair(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    path.with_suffix(".pub").write_text(f"{public} stackward\n")
    candidate = path.with_suffix(".new")
    candidate.touch(mode=0o600)
    candidate.write_bytes(private)
    candidate.replace(path)


@contextmanager
def _locked(data: str) -> Iterator[None]:
    folder = Path(data) / "ssh"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def pin(data: str, address: str, port: int, keys: Sequence[str]) -> None:
    """Remember the keys that the provider vouches for as the only ones of this address."""
    where = _where(address, port)
    path = known_hosts(data)
    with _locked(data):
        lines = path.read_text().splitlines() if path.exists() else []
        kept = [line for line in lines if line.split(" ", 1)[0] != where]
        kept += [f"{where} {' '.join(key.split()[:2])}" for key in keys]
        if kept != lines:
            candidate = path.with_suffix(".new")
            candidate.write_text("".join(f"{line}\n" for line in kept))
            candidate.replace(path)


def pinned(data: str, address: str, port: int) -> tuple[str, ...]:
    """The keys that are pinned for an address."""
    path = known_hosts(data)
    lines = path.read_text().splitlines() if path.exists() else []
    return tuple(key for name, _, key in (line.partition(" ") for line in lines) if name == _where(address, port))


def shown(instance: str, address: str, port: int) -> tuple[str, ...]:
    """The keys that a machine shows now; none where it does not answer in time, as ssh itself checks each of them."""
    try:
        return host_keys.shown(instance, address, port)
    except ProviderError:
        return ()


def _where(address: str, port: int) -> str:
    return address if port == 22 else f"[{address}]:{port}"


def unpin(data: str, address: str, port: int) -> None:
    """Forget the keys of an address whose machine is gone."""
    pin(data, address, port, ())


def wait_until_answering(instance: str, address: str, port: int, within: float) -> None:
    """Wait until an SSH server greets at the address. Raises ProviderError after `within` seconds."""
    deadline = time.monotonic() + within
    last = "nothing answered"
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((address, port), timeout=ATTEMPT_SECONDS) as connection:
                connection.settimeout(ATTEMPT_SECONDS)
                greeting = connection.recv(64)
                if greeting.startswith(b"SSH-"):
                    return
                last = "it answered, but not as an SSH server"
        except OSError as error:
            last = os.strerror(error.errno) if error.errno else str(error)
        time.sleep(0.1)
    raise ProviderError(
        f"{instance} did not answer over SSH at {address} port {port} within {within:.0f} s ({last}). "
        "Look at the machine's console, then ask for a start again."
    )
