"""Public host keys of machines: asking for them, comparing them, and naming them as ssh does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import subprocess
from collections.abc import Iterable, Sequence

from stackward.errors import ProviderError

_SECONDS = 10
_KINDS = "ed25519,ecdsa,rsa"


def shown(instance: str, address: str, port: int) -> tuple[str, ...]:
    """Return the host keys that a machine shows now. Raises ProviderError where it shows none."""
    command = ["ssh-keyscan", "-T", str(_SECONDS), "-p", str(port), "-t", _KINDS, address]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS * 6)
    except FileNotFoundError:
        raise ProviderError("There is no ssh-keyscan on this machine. Install OpenSSH's client.") from None
    except subprocess.TimeoutExpired:
        raise ProviderError(f"{instance} did not show its host keys at {address} port {port} in time.") from None
    keys = tuple(sorted(" ".join(line.split()[1:3]) for line in done.stdout.splitlines() if line[:1] not in ("#", "")))
    if not keys:
        raise ProviderError(
            f"{instance} does not answer over SSH at {address} port {port}. Is the machine on, its SSH server running, "
            "and the port open to this controller?"
        )
    return keys


def fingerprint(key: str) -> str:
    """Return a public key as `ssh-keygen -l` names it, for a person to compare."""
    kind, _, body = key.partition(" ")
    try:
        # Some write keys without their padding.
        digest = hashlib.sha256(base64.b64decode(body + "=" * (-len(body) % 4))).digest()
    except binascii.Error:
        return key
    return f"{kind} SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


OWNED = "If you have reinstalled it yourself, deregister the instance and register it again."
MADE = "If you have changed its key yourself, terminate the instance and start it again, so that it is made anew."
"""What a person may do about an alarm that is none, for machines that somebody owns and for those that are made."""


def checked(instance: str, where: str, pinned: Sequence[str], now: Iterable[str], *, otherwise: str = OWNED) -> None:
    """Refuse a machine that shows a key other than the pinned ones of its kind. Raises ProviderError."""
    known = {key.split()[0]: key for key in pinned}
    found = {key.split()[0]: key for key in now}
    common = known.keys() & found.keys()
    changed = sorted(kind for kind in common if known[kind] != found[kind])
    if not changed and common:
        return
    kind = changed[0] if changed else sorted(found)[0]
    before = fingerprint(known[kind]) if kind in known else f"none of the kind {kind}"
    raise ProviderError(
        f"ALARM: {instance} at {where} is not the machine that it was. Its host key is "
        f"{fingerprint(found[kind])}; pinned is {before}. Somebody may be between this controller and the machine, so "
        f"nothing was sent to it. {otherwise}"
    )
