from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.errors import ProviderError
from stackward.providers.container.detection import ControlGroups, Facts
from stackward.providers.container.engine import EngineName
from stackward.providers.container.errors import EngineUnavailableError
from stackward.providers.container.observation import (
    allow_many_hosts,
    control_groups,
    docker_facts,
    may_raise_limits,
    observe,
    podman_facts,
    version,
)

UNIFIED = "31 24 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw"
LEGACY = """31 24 0:27 / /sys/fs/cgroup ro - tmpfs tmpfs ro
32 31 0:28 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu"""
HYBRID = f"{LEGACY}\n33 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"
FEW = Facts(EngineName.PODMAN, (), ControlGroups.UNIFIED, inotify_instances=128)


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [(UNIFIED, ControlGroups.UNIFIED), (LEGACY, ControlGroups.LEGACY), (HYBRID, ControlGroups.HYBRID)],
)
def test_control_groups_are_read_from_the_mounts(mounts, kind):
    assert control_groups(mounts) is kind


@pytest.mark.parametrize(("bits", "may"), [("000001ffffffffff", True), ("000001fffeffffff", False)])
def test_the_right_to_raise_limits_is_one_bit(bits, may):
    assert may_raise_limits(f"Name:\tpython\nCapBnd:\t{bits}\n") is may


def test_podman_says_where_and_how_it_runs():
    described = {
        "host": {
            "serviceIsRemote": False,
            "networkBackend": "cni",
            "ociRuntime": {"name": "crun"},
            "security": {"rootless": True},
        },
        "version": {"Version": "4.3.1"},
    }
    assert podman_facts(described, {}) == {
        "engine": EngineName.PODMAN,
        "version": (4, 3, 1),
        "runtime": "crun",
        "rootless": True,
        "container_networks": "cni",
        "local": True,
    }
    assert podman_facts(described, {"CONTAINER_HOST": "ssh://far"})["local"] is False


def test_docker_says_where_and_how_it_runs():
    described = {
        "ServerVersion": "28.2.2",
        "DefaultRuntime": "runc",
        "CgroupVersion": "2",
        "SecurityOptions": ["name=seccomp", "name=rootless"],
        "OperatingSystem": "Debian GNU/Linux 12",
    }
    found = docker_facts(described, {})
    assert (found["version"], found["rootless"], found["local"]) == ((28, 2, 2), True, True)
    assert found["control_groups"] is ControlGroups.UNIFIED
    assert docker_facts(described, {"DOCKER_HOST": "tcp://far:2376"})["local"] is False
    assert docker_facts({**described, "OperatingSystem": "Docker Desktop"}, {})["local"] is False


def test_a_docker_client_without_its_service_is_said_to_be_that():
    with pytest.raises(EngineUnavailableError, match=r"its service does not answer .Cannot connect.*Or install Podman"):
        docker_facts({"ServerErrors": ["Cannot connect"]}, {})


@pytest.mark.parametrize(("text", "numbers"), [("28.2.2-ce", (28, 2, 2)), ("5", (5,)), ("unknown", ())])
def test_versions_are_their_leading_numbers(text, numbers):
    assert version(text) == numbers


def test_this_machine_is_observed_whatever_the_engine_says_beside(programs):
    facts = observe(programs.engine("""info*) echo '{"host": {"ociRuntime": {"name": "crun"}}}' ;;"""))
    assert facts.engine is EngineName.PODMAN
    assert facts.open_files != 0


def test_an_answer_that_is_no_json_is_shown(programs):
    with pytest.raises(ProviderError, match="did not answer with JSON: 'hello"):
        observe(programs.engine("info*) echo hello ;;"))


def test_the_inotify_limit_is_raised_where_it_may_be(tmp_path):
    setting = tmp_path / "max_user_instances"
    setting.write_text("128\n")
    said: list[str] = []
    allow_many_hosts(FEW, said.append, setting)
    assert setting.read_text() == "8192\n"
    assert said == [
        "Raised fs.inotify.max_user_instances from 128 to 8192, until the next boot: each host needs several."
    ]


def test_the_command_that_raises_the_limit_is_said_where_it_may_not_be(tmp_path):
    said: list[str] = []
    allow_many_hosts(FEW, said.append, tmp_path)
    assert said == [
        "At most about 21 hosts will boot on this machine. "
        "Allow more: sudo sysctl -w fs.inotify.max_user_instances=8192"
    ]


def test_a_limit_that_is_high_enough_is_left_alone(tmp_path):
    said: list[str] = []
    allow_many_hosts(replace(FEW, inotify_instances=4096), said.append, tmp_path / "never")
    assert said == []
