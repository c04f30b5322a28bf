from __future__ import annotations

import pytest

from stackward.errors import ProviderError
from stackward.providers.container.errors import (
    AddressTakenError,
    EngineUnavailableError,
    NameTakenError,
    NotFoundError,
    explain,
    install_command,
    last_line,
)


@pytest.mark.parametrize(
    ("printed", "kind", "says"),
    [
        ('Error: no container with name or ID "x" found: no such container', NotFoundError, "no such container"),
        ("Error: error inspecting object: no such image x", NotFoundError, "no such image"),
        ("Error: No such object: x", NotFoundError, "No such object"),
        ("Error: unable to find network with name or ID x: network not found", NotFoundError, "network not found"),
        ('Error: creating container: the container name "x" is already in use by 1', NameTakenError, "already in use"),
        (
            'Error response from daemon: Conflict. The container name "/x" is already in use by container "1".',
            NameTakenError,
            "already in use",
        ),
        (
            "Error: unable to start container: requested IP address 10.89.0.2 is not available in range set 10.89.0.1",
            AddressTakenError,
            "not available",
        ),
        ("Error response from daemon: Address already in use", AddressTakenError, "Address already in use"),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            EngineUnavailableError,
            "systemctl start podman",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket",
            EngineUnavailableError,
            "sudo usermod -aG podman",
        ),
        ("Error: write /var/lib/containers/x: no space left on device", ProviderError, "the disk is full"),
        ("Error: crun: cgroups in hybrid mode not supported", ProviderError, "apt-get install -y runc"),
        ("Error: something new", ProviderError, "podman could not start web1: something new."),
        ("", ProviderError, "it gave no reason"),
    ],
)
def test_a_failure_is_recognised_and_said_in_a_sentence(printed, kind, says):
    error = explain("podman", "start web1", printed)
    assert type(error) is kind
    assert says in str(error)
    assert "\n" not in str(error)


def test_the_reason_is_the_last_error_and_not_what_follows_it():
    assert last_line("Trying to pull x\nError: no such host.\nUsage: podman pull\n") == "no such host"


@pytest.mark.parametrize(
    ("root", "command"), [(True, "apt-get install -y a b"), (False, "sudo apt-get install -y a b")]
)
def test_the_command_to_install_is_for_whoever_reads_it(root, command):
    assert install_command(("a", "b"), root=root) == command
