"""An instance of EC2 that is reached by Systems Manager: no SSH server runs on it, and its whole life goes on.

Sessions are those of a stand-in of the connection plugin; the hosts are real. The tests go on with one stack.
"""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import pytest

from tests.ec2_stand_in.cloud import IMAGE, Cloud
from tests.ec2_stand_in.server import standing_in
from tests.endtoend.ec2_hosts import RealHosts
from tests.endtoend.project import REPOSITORY, Project
from tests.endtoend.stack_ownership import owned_stack

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

EC2 = {
    "type": "ec2",
    "region": "eu-central-1",
    "image": IMAGE,
    "instance_types": ["m5.large"],
    "subnets": ["subnet-0123456789abcdef0"],
    "security_groups": ["web"],
    "connection": "ssm",
    "ssm_bucket": "shop-ansible",
}


class ManagedHosts(RealHosts):
    """Hosts with an agent of Systems Manager, which makes its user, and without SSH."""

    def launch(self, instance_id: str, user_data: str) -> str:
        address = super().launch(instance_id, user_data)
        self.inside(instance_id, "systemctl", "disable", "--now", "ssh.service", "ssh.socket")
        self.inside(instance_id, "useradd", "--create-home", "ssm-user")
        self._write(instance_id, "/etc/sudoers.d/ssm-agent-users", "ssm-user ALL=(ALL) NOPASSWD:ALL\n")
        return address


class ProjectOfManagedHosts(Project):
    """A project that finds the stand-in of the connection plugin before any other."""

    def environment(self) -> dict[str, str]:
        ours = Path(__file__).parent / "systems_manager"
        return {**super().environment(), "ANSIBLE_COLLECTIONS_PATH": f"{ours}:{REPOSITORY / 'collections'}"}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    made = ManagedHosts("ssmcloud", tmp_path_factory.mktemp("cloud"))
    with owned_stack(made.name), mock.patch.dict(os.environ, {"SYSTEMS_MANAGER_HOSTS": f"stackward-{made.name}"}):
        try:
            yield made
        finally:
            made.remove()


@pytest.fixture(scope="module")
def shop(hosts, tmp_path_factory):
    with standing_in(Cloud(hosts, lag=0)):
        made = ProjectOfManagedHosts(tmp_path_factory.mktemp("managed"), "managed")
        greeting = made.recipe("greet", [{"ansible.builtin.copy": {"dest": "/srv/greeting", "content": "hello\n"}}])
        layer = {"packages": [], "recipes": {"setup": [greeting]}}
        made.write({"provider": EC2, "layers": {"job": layer}, "instances": {"job[1:2]": {"layers": ["job"]}}})
        made.play("start")
        yield made
        made.remove()


def machine(shop: Project, name: str) -> str:
    found = shop.state().instances[name].machine
    assert found is not None
    return str(found.id)


def test_it_comes_online_with_its_recipes_and_knows_its_peers(shop, hosts):
    assert shop.states() == {"job1": "online", "job2": "online"}
    for name in ("job1", "job2"):
        assert hosts.inside(machine(shop, name), "cat", "/srv/greeting") == "hello\n"
        assert "job1" in hosts.inside(machine(shop, name), "cat", "/etc/hosts")
        assert hosts.inside(machine(shop, name), "hostname").strip() == name
    assert hosts.inside(machine(shop, "job1"), "sh", "-c", "systemctl is-active ssh || true").strip() == "inactive"


def test_a_second_setup_changes_nothing_but_what_recipes_are_told(shop):
    shop.play("setup", instance="job1")
    setup = next(item for item in shop.store().commands(shop.name, instance="job1") if item.event == "setup")
    assert [line.text for line in shop.store().log(setup.id) if line.status == "changed"] == ["attribute document"]


def test_a_reboot_waits_until_it_is_in_another_boot(shop, hosts):
    before = hosts.inside(machine(shop, "job1"), "cat", "/proc/1/stat").split()[21]
    shop.play("reboot", instance="job1")
    assert shop.states()["job1"] == "online"
    assert hosts.inside(machine(shop, "job1"), "cat", "/proc/1/stat").split()[21] != before


def test_a_stop_and_a_start_keep_the_machine(shop, hosts):
    before = machine(shop, "job2")
    shop.play("stop", instance="job2")
    assert "job2" not in hosts.inside(machine(shop, "job1"), "cat", "/etc/hosts")
    shop.play("start", instance="job2")
    assert machine(shop, "job2") == before
    assert "job2" in hosts.inside(machine(shop, "job1"), "cat", "/etc/hosts")


def test_a_look_at_its_health_leaves_it_alone(shop):
    before = {name: machine(shop, name) for name in ("job1", "job2")}
    shop.play("heal")
    assert shop.states() == {"job1": "online", "job2": "online"}
    assert {name: machine(shop, name) for name in before} == before


def test_terminated_it_is_gone(shop, hosts):
    shop.play("terminate", instance="job2")
    assert shop.states()["job2"] == "terminated"
    assert shop.state().instances["job2"].machine is None
