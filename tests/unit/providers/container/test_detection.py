from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.providers.container.detection import (
    ControlGroups,
    Facts,
    decide,
    few_inotify_instances,
    missing_packages,
)
from stackward.providers.container.engine import EngineName

LAPTOP = Facts(EngineName.PODMAN, (4, 3, 1), ControlGroups.UNIFIED, runtime="crun")
DOCKER = Facts(EngineName.DOCKER, (28, 2, 2), ControlGroups.UNIFIED, runtime="runc")

facts = st.builds(
    Facts,
    engine=st.sampled_from(EngineName),
    version=st.tuples(st.integers(1, 40), st.integers(0, 9)),
    control_groups=st.sampled_from(ControlGroups),
    runtime=st.sampled_from(["crun", "runc", "kata"]),
    installed=st.frozensets(st.sampled_from(["runc", "iptables", "cni-bridge"])),
    rootless=st.booleans(),
    local=st.booleans(),
    root=st.booleans(),
    may_raise_limits=st.booleans(),
    open_files=st.integers(-1, 2**20),
    processes=st.integers(-1, 2**20),
    app_armor=st.booleans(),
    container_networks=st.sampled_from(["cni", "netavark", ""]),
    inotify_instances=st.none() | st.integers(0, 10000),
)


def test_podman_on_an_ordinary_machine_needs_nothing_special():
    flags = decide(LAPTOP)
    assert flags.engine == ()
    assert flags.publish is False
    assert flags.create == (
        *("--systemd=always", "--stop-signal", "SIGRTMIN+3"),
        *("--cap-add", "SYS_ADMIN", "--cap-add", "SYS_BOOT"),
    )


def test_both_versions_of_control_groups_at_once_need_runc():
    assert decide(replace(LAPTOP, control_groups=ControlGroups.HYBRID)).engine == ("--runtime", "runc")


def test_runc_is_not_asked_for_where_it_is_the_default():
    assert decide(replace(LAPTOP, control_groups=ControlGroups.HYBRID, runtime="runc")).engine == ()


@pytest.mark.parametrize(
    ("hard", "given_limit"), [(20000, "nofile=4096:4096"), (1024, "nofile=1024:1024"), (-1, "nofile=4096:4096")]
)
def test_limits_that_may_not_be_raised_stay_below_the_ones_that_hold(hard, given_limit):
    flags = decide(replace(LAPTOP, may_raise_limits=False, open_files=hard)).create
    assert given_limit in flags
    assert flags.count("--ulimit") == 2


def test_docker_is_told_what_podman_knows_by_itself():
    flags = decide(DOCKER).create
    assert "--systemd=always" not in flags
    assert ("--cgroupns", "private") in itertools.pairwise(flags)
    assert "writable-cgroups=true" in flags
    assert "--privileged" not in flags


def test_an_older_docker_needs_all_privileges_with_newer_control_groups():
    assert "--privileged" in decide(replace(DOCKER, version=(20, 10, 24))).create


@pytest.mark.parametrize("where", [{"rootless": True}, {"local": False}])
def test_ssh_is_published_where_hosts_have_no_address_that_can_be_reached(where):
    assert decide(replace(LAPTOP, **where)).publish is True


def test_app_armor_must_not_forbid_mounting():
    assert "apparmor=unconfined" in decide(replace(LAPTOP, app_armor=True)).create


def test_what_is_missing_is_named_as_packages():
    bare = replace(LAPTOP, control_groups=ControlGroups.HYBRID, container_networks="cni")
    assert missing_packages(bare) == ("runc", "containernetworking-plugins", "iptables")
    whole = replace(bare, installed=frozenset({"runc", "cni-bridge", "iptables"}))
    assert missing_packages(whole) == ()
    assert missing_packages(replace(LAPTOP, container_networks="netavark")) == ()


@pytest.mark.parametrize(("limit", "few"), [(128, True), (8192, False), (None, False)])
def test_a_low_inotify_limit_is_noticed(limit, few):
    assert few_inotify_instances(replace(LAPTOP, inotify_instances=limit)) is few


@given(facts)
def test_whatever_the_machine_is_a_host_can_mount_reboot_and_be_asked_to_stop(observed):
    flags = decide(observed).create
    assert {"SYS_ADMIN", "SYS_BOOT", "SIGRTMIN+3"} <= set(flags)
    assert flags.count("--ulimit") in (0, 2)
    assert "SYS_TIME" not in flags


@given(facts)
def test_podman_never_gets_all_privileges_and_docker_never_a_runtime(observed):
    flags = decide(observed)
    if observed.engine is EngineName.PODMAN:
        assert "--privileged" not in flags.create
    else:
        assert flags.engine == ()
