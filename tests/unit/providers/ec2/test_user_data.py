"""What a machine is told at its first boot: who may log in, and not a word more."""

from __future__ import annotations

import json

import pytest

from stackward.providers.ec2.user_data import admitting

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 stackward"


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (
            "stackward",
            {
                "users": [
                    "default",
                    {
                        "name": "stackward",
                        "ssh_authorized_keys": [KEY],
                        "sudo": "ALL=(ALL) NOPASSWD:ALL",
                        "shell": "/bin/bash",
                        "lock_passwd": True,
                    },
                ]
            },
        ),
        ("root", {"disable_root": False, "users": ["default", {"name": "root", "ssh_authorized_keys": [KEY]}]}),
    ],
)
def test_it_admits_the_key_and_does_nothing_else(user, told):
    first, _, rest = admitting(f"{KEY}\n", user).partition("\n")
    assert first == "#cloud-config"
    assert json.loads(rest) == told
