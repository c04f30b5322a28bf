"""An instance of EC2 that is reached by Systems Manager: no SSH server runs on it, and its whole life goes on.

The connection plugin is that of amazon.aws, and the hosts are real. AWS is stood in for: sessions by a program in place
of session-manager-plugin, the bucket by moto. The tests go on with one stack.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import boto3
import pytest

from tests.ec2_stand_in.cloud import IMAGE, Cloud
from tests.ec2_stand_in.server import standing_in
from tests.endtoend.ec2_hosts import RealHosts
from tests.endtoend.project import REPOSITORY, Project, engine
from tests.stack_ownership import owned_stack

with warnings.catch_warnings():
    # It asks for everything that it could ever need; S3 needs Flask alone.
    warnings.filterwarnings("ignore", message="When using MotoServer")
    from moto.server import ThreadedMotoServer

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


LONG = "print('x' * 200000 + chr(10) + chr(233))"
"""Writes more than a terminal passes on at once, and what is not ASCII."""


class ManagedHosts(RealHosts):
    """Hosts with an agent of Systems Manager, which makes its user, and without SSH. Agents may be `lost`."""

    def __init__(self, name: str, data: Path) -> None:
        super().__init__(name, data)
        self.lost: set[str] = set()

    def managed(self, instance_id: str) -> bool:
        asked = [*engine(), "exec", self.ids[instance_id], "test", "-d", "/run/systemd/system"]
        running = subprocess.run(asked, capture_output=True, check=False).returncode == 0
        return running and instance_id not in self.lost

    def launch(self, instance_id: str, user_data: str) -> str:
        address = super().launch(instance_id, user_data)
        self.inside(instance_id, "systemctl", "disable", "--now", "ssh.service", "ssh.socket")
        self.inside(instance_id, "useradd", "--create-home", "ssm-user")
        self._write(instance_id, "/etc/sudoers.d/ssm-agent-users", "ssm-user ALL=(ALL) NOPASSWD:ALL\n")
        return address


class ProjectOfManagedHosts(Project):
    """A project that finds the connection plugin, and the stand-in of the program that it starts."""

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "ANSIBLE_COLLECTIONS_PATH": f"{Path(sys.prefix) / 'collections'}:{REPOSITORY / 'collections'}",
            "PATH": f"{Path(__file__).parent / 'systems_manager'}:{os.environ['PATH']}",
        }


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    made = ManagedHosts("ssmcloud", tmp_path_factory.mktemp("cloud"))
    with owned_stack(made.name), mock.patch.dict(os.environ, {"SYSTEMS_MANAGER_HOSTS": f"stackward-{made.name}"}):
        try:
            yield made
        finally:
            made.remove()


@contextmanager
def bucket(address: str) -> Iterator[None]:
    """Serve the bucket at the address by which hosts reach this machine: they fetch files from it themselves."""
    running = ThreadedMotoServer(ip_address="0.0.0.0", port=0, verbose=False)
    running.start()
    endpoint = f"http://{address}:{running.get_host_and_port()[1]}"
    here = endpoint.replace(address, "127.0.0.1")
    boto3.client("s3", region_name=EC2["region"], endpoint_url=here).create_bucket(
        Bucket=EC2["ssm_bucket"], CreateBucketConfiguration={"LocationConstraint": EC2["region"]}
    )
    try:
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL_S3": endpoint}):
            yield
    finally:
        running.stop()


@pytest.fixture(scope="module")
def shop(hosts, tmp_path_factory):
    with standing_in(Cloud(hosts, lag=0)), bucket(str(hosts.provider.network(hosts.name)[1])):
        made = ProjectOfManagedHosts(tmp_path_factory.mktemp("managed"), "managed")
        greeting = made.recipe("greet", [{"ansible.builtin.copy": {"dest": "/srv/greeting", "content": "hello\n"}}])
        telling = made.recipe(
            "tell",
            [
                {
                    "ansible.builtin.command": {"argv": ["python3", "-c", LONG]},
                    "register": "told",
                    "changed_when": False,
                },
                {"ansible.builtin.assert": {"that": "told.stdout == 'x' * 200000 + '\né'"}},
            ],
        )
        dawdling = made.recipe("dawdle", [{"ansible.builtin.command": "sleep 600"}])
        (made.folder / "site").mkdir()
        made.write(
            {
                "provider": EC2,
                # The longest limit of its layers is that of an instance.
                "layers": {
                    "job": {"packages": [], "shutdown_timeout": "3s", "recipes": {"setup": [greeting, telling]}},
                    "web": {"uses": "static_web", "shutdown_timeout": "3s", "recipes": {"shutdown": [dawdling]}},
                },
                "instances": {"job1": {"layers": ["job"]}, "job2": {"layers": ["job", "web"]}},
                "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": "../site"}}},
            }
        )
        (made.folder / "site" / "index.html").write_text("one\n")
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


@pytest.mark.parametrize("size", [100_000, 3_000_000], ids=["with the call", "as a file"])
def test_code_gets_there_by_the_bucket(shop, hosts, size):
    content = random.Random(size).randbytes(size)
    (shop.folder / "site" / "picture").write_bytes(content)
    shop.play("deploy", app="site")
    digest = hosts.inside(machine(shop, "job2"), "sha256sum", "/srv/site/current/picture").split()[0]
    assert digest == hashlib.sha256(content).hexdigest()


def test_an_agent_that_is_lost_fails_what_needed_it_and_nothing_else(shop, hosts):
    hosts.lost.add(machine(shop, "job1"))
    printed = shop.play("configure", succeeds=False)
    hosts.lost.clear()
    assert "TargetNotConnected" in printed
    configure = {
        name: next(item for item in shop.store().commands(shop.name, instance=name) if item.event == "configure")
        for name in ("job1", "job2")
    }
    assert {name: command.status.value for name, command in configure.items()} == {
        "job1": "failed",
        "job2": "successful",
    }
    shop.play("configure")
    assert shop.states() == {"job1": "online", "job2": "online"}


def test_a_stop_waits_no_longer_than_its_limit_and_a_start_keeps_the_machine(shop, hosts):
    before = machine(shop, "job2")
    shop.play("stop", instance="job2")
    shutdown = next(item for item in shop.store().commands(shop.name, instance="job2") if item.event == "shutdown")
    assert shutdown.status.value == "expired"
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
