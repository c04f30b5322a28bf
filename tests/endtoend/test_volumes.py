"""Volumes that the stack file gets when its machines are there already, on real hosts of two providers."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.server import standing_in
from tests.endtoend.ec2_hosts import RealHosts
from tests.endtoend.project import Project, engine, project
from tests.stack_ownership import owned_stack

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

EC2 = {"type": "ec2", "region": "eu-central-1", "image": {"ssm": "/test/image"}, "instance_types": ["m5.large"]}


def definition(*volumes: dict[str, object], provider: dict[str, object]) -> dict[str, object]:
    return {
        "provider": provider,
        "layers": {"store": {"volumes": list(volumes)}},
        "instances": {"store1": {"layers": ["store"]}},
    }


@pytest.fixture(scope="module")
def contained(tmp_path_factory):
    with project(tmp_path_factory.mktemp("contained"), "volumescontained") as made:
        made.write(definition({"mount": "/srv/first"}, provider={"type": "container"}))
        made.play("start")
        yield made


def volumes_of(stack: str) -> list[str]:
    listed = [*engine(), "volume", "ls", "--quiet", "--filter", f"label=stackward.stack={stack}"]
    done = subprocess.run(listed, capture_output=True, text=True, check=True)
    return sorted(name.removeprefix(f"stackward-{stack}-store1-") for name in done.stdout.split())


def test_a_host_in_a_container_gets_it_with_its_next_stop_and_start_and_keeps_all_that_it_has(contained):
    contained.on("store1", "sh", "-c", "echo one > /srv/first/note; mkdir /srv/later; echo two > /srv/later/note")
    contained.on("store1", "sh", "-c", "echo three > /root/note")
    key = contained.on("store1", "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    later = {"mount": "/srv/later", "size": "2G", "keep": False}
    contained.write(definition({"mount": "/srv/first"}, later, provider={"type": "container"}))
    planned = contained.command("plan").stdout
    assert (
        "volume /srv/later (2 GiB) of store1: made and mounted at its next stop and start: "
        "stackward stop --instance store1, then start"
    ) in planned
    contained.play("converge")
    assert volumes_of(contained.name) == ["srv-first"]
    contained.play("stop")
    contained.play("start")
    assert volumes_of(contained.name) == ["srv-first", "srv-later"]
    notes = contained.on("store1", "cat", "/srv/first/note", "/srv/later/note", "/root/note").split()
    assert notes == ["one", "two", "three"]
    assert "/srv/later" in contained.on("store1", "findmnt", "--noheadings", "--output", "TARGET", "/srv/later")
    assert contained.on("store1", "cat", "/etc/ssh/ssh_host_ed25519_key.pub") == key
    assert "made and mounted" not in contained.command("plan").stdout
    assert contained.machines() == ["store1"]


def test_terminated_it_loses_the_volume_that_is_not_to_be_kept_and_no_other(contained):
    looked = contained.play("terminate", "--check", instance="store1")
    assert "- volume /srv/later of store1: delete (keep is false, and its instance is terminated)" in looked
    assert volumes_of(contained.name) == ["srv-first", "srv-later"]
    contained.play("terminate", instance="store1")
    assert volumes_of(contained.name) == ["srv-first"]
    contained.play("start")
    assert contained.on("store1", "cat", "/srv/first/note").strip() == "one"
    assert contained.on("store1", "ls", "/srv/later") == ""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    made = RealHosts("volumescloud", tmp_path_factory.mktemp("cloud"))
    with owned_stack(made.name):
        try:
            yield made
        finally:
            made.remove()


@pytest.fixture(scope="module")
def cloud(hosts):
    made = Cloud(hosts)
    with standing_in(made):
        yield made


@pytest.fixture(scope="module")
def rented(cloud, tmp_path_factory):
    made = Project(tmp_path_factory.mktemp("rented"), "volumesrented")
    made.write(definition(provider=EC2))
    try:
        made.play("start")
        yield made
    finally:
        made.remove()


def machine(rented: Project) -> str:
    found = rented.state().instances["store1"].machine
    assert found is not None
    return str(found.id)


def test_an_instance_of_ec2_gets_it_while_it_runs(rented, cloud, hosts):
    before = machine(rented)
    since = hosts.inside(before, "cat", "/proc/1/stat").split()[21]
    rented.write(definition({"mount": "/srv/data", "size": "1G"}, provider=EC2))
    planned = rented.command("plan").stdout
    assert "volumesrented: + volume /srv/data (1 GiB) of store1: create (layers.store.volumes" in planned
    assert "store1: setup (online; user: volume /srv/data: new in the stack file)" in planned
    data = json.loads(rented.command("plan", "--output", "json").stdout)["stacks"][0]
    assert [item["name"] for item in data["resources"]["moving"]] == ["store1 /srv/data"]
    rented.play("converge")
    assert rented.states() == {"store1": "online"}
    assert machine(rented) == before
    assert hosts.inside(before, "cat", "/proc/1/stat").split()[21] == since
    assert hosts.inside(before, "findmnt", "--noheadings", "--output", "FSTYPE", "/srv/data").strip() == "ext4"
    assert "/srv/data" in hosts.inside(before, "cat", "/etc/fstab")
    cloud.log.clear()
    rented.play("converge")
    assert "DescribeVolumes" in {action for action, _ in cloud.log}
    assert [action for action, _ in cloud.log if not action.startswith("Describe")] == []
    assert "nothing to do" in rented.command("plan").stdout


def test_a_folder_that_holds_files_is_not_covered(rented, hosts):
    hosts.inside(machine(rented), "sh", "-c", "mkdir -p /srv/full; echo mine > /srv/full/note")
    rented.write(definition({"mount": "/srv/data"}, {"mount": "/srv/full"}, provider=EC2))
    printed = rented.play("converge", succeeds=False)
    assert "/srv/full holds files, which" in printed
    assert rented.states() == {"store1": "setup_failed"}
    assert hosts.inside(machine(rented), "cat", "/srv/full/note").strip() == "mine"
    hosts.inside(machine(rented), "sh", "-c", "mv /srv/full/note /root/note")
    rented.play("start")
    assert rented.states() == {"store1": "online"}
    assert hosts.inside(machine(rented), "findmnt", "--noheadings", "--output", "TARGET", "/srv/full").strip()
