from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest
from stackward.providers.container import creation, labels
from stackward.providers.container.containers import Container, Status
from stackward.providers.container.detection import ControlGroups, Facts, decide
from stackward.providers.container.engine import EngineName
from stackward.providers.container.image import chosen

REQUEST = MachineRequest("shop", "web1", "token", "ssh-ed25519 AAAA", {"image": "debian-12"}, ("/srv",))
PODMAN = decide(Facts(EngineName.PODMAN, (4, 3), ControlGroups.UNIFIED))
MARKS = creation.marks(REQUEST, "10.89.0.2", "ssh-ed25519 HOST")


def container(status: Status, request: MachineRequest = REQUEST) -> Container:
    return Container("1", "stackward-shop-web1", status, creation.marks(request, "10.89.0.2", "key"))


@pytest.mark.parametrize("status", [Status.RUNNING, Status.PAUSED, Status.STOPPED, Status.STOPPING])
def test_a_machine_that_the_token_made_is_the_one(status):
    made = container(status)
    assert creation.present(REQUEST, (made,)) is made
    assert creation.unstarted(REQUEST, (made,)) == ()


@pytest.mark.parametrize("token", ["token", "an older one"])
def test_one_that_was_never_started_counts_as_none_and_is_to_be_removed(token):
    left = container(Status.UNSTARTED, replace(REQUEST, token=token))
    assert creation.present(REQUEST, (left,)) is None
    assert creation.unstarted(REQUEST, (left,)) == (left,)


def test_what_another_instance_is_making_is_left_alone():
    other = container(Status.UNSTARTED, replace(REQUEST, instance="web2", token="other"))
    assert creation.unstarted(REQUEST, (other,)) == ()


@pytest.mark.parametrize("changes", [{"public_key": "other"}, {"volumes": ()}, {"options": {}}, {"instance": "web2"}])
def test_the_token_for_other_parameters_is_refused(changes):
    with pytest.raises(ProviderError, match="with other parameters"):
        creation.present(replace(REQUEST, **changes), (container(Status.RUNNING),))


def test_who_holds_the_instance_is_named():
    holder = container(Status.STOPPED, replace(REQUEST, token="older"))
    with pytest.raises(ProviderError, match=r"web1 has a machine already: .* \(stopped\).*token older"):
        creation.present(REQUEST, (holder,))


def test_the_order_of_options_makes_no_difference():
    one = replace(REQUEST, options={"image": "a:1", "subnet": "10.0.0.0/8"})
    other = replace(REQUEST, options={"subnet": "10.0.0.0/8", "image": "a:1"})
    assert creation.parameters(one) == creation.parameters(other)


def test_the_command_gives_name_address_disk_and_labels():
    command = creation.command(REQUEST, PODMAN, chosen("debian-12"), MARKS, {"/srv": "volume"})
    assert command[0] == "create"
    assert command[-1] == "localhost/stackward/host:bookworm"
    pairs = set(itertools.pairwise(command))
    assert {
        ("--name", "stackward-shop-web1"),
        ("--hostname", "web1"),
        ("--network", "stackward-shop"),
        ("--ip", "10.89.0.2"),
        ("--mac-address", "02:42:0a:59:00:02"),
        ("--volume", "volume:/srv"),
        *(("--label", f"{name}={value}") for name, value in MARKS.items()),
    } <= pairs
    assert "--publish" not in command
    assert "--no-hosts" in command


def test_a_rootless_engine_publishes_ssh_to_this_machine_only():
    flags = decide(Facts(EngineName.PODMAN, (4, 3), ControlGroups.UNIFIED, rootless=True))
    command = creation.command(REQUEST, flags, chosen("debian-12"), MARKS, {})
    assert ("--publish", "127.0.0.1::22") in itertools.pairwise(command)


def test_an_image_of_somebody_else_keeps_the_engines_names():
    command = creation.command(REQUEST, PODMAN, chosen("registry.example/host:1"), MARKS, {})
    assert "--no-hosts" not in command
    assert command[-1] == "registry.example/host:1"


def test_a_zone_is_put_on_the_host_as_a_label():
    zoned = replace(REQUEST, options={**REQUEST.options, "zone": "a"})
    assert creation.marks(zoned, "10.89.0.2", "key")[labels.ZONE] == "a"
    assert labels.ZONE not in MARKS


def test_labels_do_not_hold_the_public_key():
    assert labels.PARAMETERS in MARKS
    assert REQUEST.public_key not in MARKS.values()
