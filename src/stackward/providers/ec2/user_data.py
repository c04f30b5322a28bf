"""What a machine is told at its first boot: to admit the controller's key, and nothing else."""

from __future__ import annotations

import json


def admitting(public_key: str, user: str) -> str:
    """Cloud-init's instructions that let the key's owner log in as `user`, who may become root."""
    key = public_key.strip()
    account: dict[str, object] = {"name": user, "ssh_authorized_keys": [key]}
    if user == "root":
        told: dict[str, object] = {"disable_root": False, "users": ["default", account]}
    else:
        account |= {"sudo": "ALL=(ALL) NOPASSWD:ALL", "shell": "/bin/bash", "lock_passwd": True}
        told = {"users": ["default", account]}
    # JSON is YAML, and needs no escaping of its own.
    return f"#cloud-config\n{json.dumps(told, indent=1)}\n"
