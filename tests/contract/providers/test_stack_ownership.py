"""What a killed run of tests left does not stop the next one, and nothing else is taken for such."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from stackward.providers.base import MachineRequest
from stackward.providers.container.provider import ContainerProvider
from tests.contract.providers.real_hosts import own_stack
from tests.stack_ownership import owned_stack

pytestmark = pytest.mark.containers

OWN = """
import sys
from pathlib import Path
from tests.stack_ownership import owned_stack
with owned_stack(sys.argv[1], Path(sys.argv[2])):
    print("owns it", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def provider(tmp_path):
    made = ContainerProvider({}, own_stack(), str(tmp_path / "data"), print)
    with owned_stack(own_stack()):
        yield made
        made.remove_stack(own_stack())


def run(claims) -> subprocess.Popen[str]:
    """Another run, which owns the stack until it is ended."""
    program = [sys.executable, "-c", OWN, own_stack(), str(claims)]
    started = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout.readline() == "owns it\n"
    return started


def test_hosts_of_a_run_that_was_killed_are_removed(provider, tmp_path):
    other = run(tmp_path / "claims")
    provider.create(MachineRequest(own_stack(), "web1", "token", "ssh-ed25519 AAAA nobody"))
    taken = pytest.raises(AssertionError, match=f"another run's now: process {other.pid} in")
    with taken, owned_stack(own_stack(), tmp_path / "claims"):
        pass
    assert provider.describe(own_stack())
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    with owned_stack(own_stack(), tmp_path / "claims"):
        assert not provider.describe(own_stack())


def test_hosts_that_no_run_of_tests_owned_are_left_alone(provider, tmp_path):
    provider.create(MachineRequest(own_stack(), "web1", "token", "ssh-ed25519 AAAA nobody"))
    with owned_stack(own_stack(), tmp_path / "claims"):
        assert provider.describe(own_stack())
    with owned_stack(own_stack(), tmp_path / "claims"):
        assert provider.describe(own_stack())
