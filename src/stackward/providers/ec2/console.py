"""The host keys that cloud-init has written to a machine's console, which only AWS can have passed on."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)
_KEY = re.compile(r"^(?:.*?\s)?((?:ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/=]{40,})(?:\s.*)?$", re.ASCII)


def host_keys(output: str) -> tuple[str, ...]:
    """The last host keys on a console, none where it has not come so far."""
    blocks = _BLOCK.findall(output)
    if not blocks:
        return ()
    matches = (_KEY.match(line.strip()) for line in blocks[-1].splitlines())
    return tuple(sorted({match[1] for match in matches if match}))
