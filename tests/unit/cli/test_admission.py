"""The command by which a machine lets the controller in, typed there."""

import os
import subprocess

import pytest

from stackward.engine.admission import command

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummy stackward"


@pytest.fixture
def rack1(project):
    file = project / "inventory" / "shop.stack.yml"
    machine = "  rack1: {layers: [web], address: 192.0.2.10, user: admin}\n"
    file.write_text(file.read_text().replace("apps:\n", f"{machine}apps:\n"))
    return "rack1"


def test_it_admits_the_key_of_the_stack_for_the_user_of_the_machine(stackward, rack1, project):
    said = stackward("admission", rack1)
    assert said.code == 0
    assert "user=admin" in said.out
    assert "sudoers.d/stackward-controller" in said.out
    assert (project / "var/shop/ssh/id_ed25519.pub").read_text().strip() in said.out
    assert stackward("admission", rack1, "-o", "json").json["command"] == said.out.rstrip("\n")


def test_it_is_refused_for_a_machine_that_is_made(stackward):
    said = stackward("admission", "web1")
    assert (said.code, said.out) == (1, "")
    assert "web1: no machine that you own" in said.err


def test_typed_twice_it_admits_the_key_once(tmp_path):
    """As whoever runs the tests, with a home of its own; the account of root is looked up by a stand-in."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tmp_path / "ssh_host_ed25519_key.pub").write_text("ssh-ed25519 AAAAhost root@rack\n")
    for name, does in {
        "getent": f"echo root:x:0:0::{tmp_path}:/bin/sh",
        "id": "echo 0",
        "install": 'for last; do :; done; case "$*" in *-d*) mkdir -p "$last";; *) : > "$last";; esac',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    text = command("root", KEY).replace("/etc/ssh/", f"{tmp_path}/")
    for _ in range(2):
        path = {"PATH": f"{tools}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-c", text], env=path, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "ssh-ed25519 AAAAhost"
    assert (tmp_path / ".ssh/authorized_keys").read_text() == f"{KEY}\n"
