"""An instance is taken out of its provider's load balancers and put back by the tasks of the lifecycle role."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from stackward.definition import loader
from stackward.lifecycle.states import State
from stackward.providers.base import MachineRequest
from stackward.providers.ec2.provider import Ec2Provider
from stackward.state.records import MachineRecord
from stackward.state.store import open_store
from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.connecting import connected
from tests.ec2_stand_in.faults import Fault
from tests.ec2_stand_in.server import standing_in

pytestmark = pytest.mark.ansible

REPOSITORY = Path(__file__).parents[3]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
OPTIONS = {"region": "eu-test-1", "image": "ami-0123456789abcdef0", "instance_types": ["m5.large"]}
STACK = {
    "plugin": "stackward.ops.stack",
    "name": "shop",
    "provider": {"type": "ec2", **OPTIONS},
    "layers": {"web": {"load_balancers": [{"target_group": "shop-web", "port": 8000}, {"classic": "shop"}]}},
    "instances": {"web1": {"layers": ["web"]}},
}
UP = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)


class Shop:
    """A stack whose one instance is online and held by a run, and what that run's plays know of it."""

    def __init__(self, folder, cloud):
        self.folder, self.cloud = folder, cloud
        path = folder / "inventory" / "shop.stack.yml"
        path.parent.mkdir()
        path.write_text(yaml.safe_dump(STACK))
        stack = loader.load(str(path), environment={})
        provider = Ec2Provider(OPTIONS, str(folder), connection=connected())
        place = {"image": OPTIONS["image"], "type": "m5.large", "market": "on-demand"}
        self.machine = provider.create(MachineRequest("shop", "web1", "t", "ssh-ed25519 A", {}, placement=place)).id
        Path(stack.data).mkdir(parents=True)
        with open_store(stack.state) as store, store.transaction("shop") as write:
            write.put_instance("web1", ("web",), NOW)
            run = write.begin_run("stop", "host", 1, 1.0, "anna", NOW)
            epoch = write.claim("web1", run, "stop#1", NOW, NOW).epoch
            write.set_machine(
                "web1", epoch, MachineRecord("t", 1, {"provider": "ec2", "options": OPTIONS}, self.machine)
            )
            for state in UP:
                write.advance("web1", epoch, state, NOW, actor="stop#1", text="", run=run)
        claimed = {"file": str(path), "digest": stack.digest, "run": run, "epoch": epoch, "actor": "stop#1"}
        self.round = {"instances": {"web1": claimed}}

    def play(self, tasks, *, was_online=True, succeeds=True):
        mine = {
            "balancers": [],
            "fronts": ["target group shop-web", "classic load balancer shop"],
            "front_timeout": 20,
            "drain_timeout": 20,
            "join_timeout": 6,
            "was_online": was_online,
        }
        role = {"name": "stackward.ops.lifecycle", "tasks_from": tasks}
        fact = {"ansible.builtin.set_fact": {"stackward_round": self.round}}
        book = self.folder / f"{tasks}.yml"
        play = {"connection": "local", "gather_facts": False}
        include = {"ansible.builtin.include_role": role, "vars": {"lifecycle_mine": mine}}
        book.write_text(
            json.dumps([{"hosts": "localhost", **play, "tasks": [fact]}, {"hosts": "web1", **play, "tasks": [include]}])
        )
        command = [sys.executable, "-m", "ansible", "playbook", str(book), "-i", "localhost,web1,"]
        settings = {"ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_INVENTORY_ENABLED": "host_list"}
        given = {**os.environ, **settings}
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode == 0) is succeeds, done.stdout + done.stderr
        return done.stdout

    def members(self):
        return [self.cloud.balancers.members(name) for name in ("shop-web", "shop")]


@pytest.fixture
def shop(tmp_path):
    cloud = Cloud()
    cloud.balancers.add_group("shop-web")
    cloud.balancers.add_classic("shop")
    with standing_in(cloud):
        yield Shop(tmp_path, cloud)


def test_an_instance_is_put_behind_every_load_balancer_and_taken_out_of_every_one(shop):
    shop.play("deploy_join")
    assert shop.members() == [{(shop.machine, 8000): "healthy"}, {shop.machine: "healthy"}]
    shop.play("drain")
    assert shop.members() == [{}, {}]
    shop.play("ready")
    assert shop.members() == [{(shop.machine, 8000): "healthy"}, {shop.machine: "healthy"}]


def test_one_that_serves_may_not_stop_or_change_while_nobody_can_take_it_out(shop):
    shop.play("ready")
    shop.cloud.faults.append(Fault("DeregisterTargets", code="AccessDenied", status=403))
    printed = shop.play("drain", succeeds=False)
    assert "AWS did not deregister a target" in printed


def test_one_that_is_lost_is_taken_out_without_waiting_and_a_failure_holds_nobody_up(shop):
    shop.play("ready")
    shop.cloud.balancers.lag = 1000
    shop.play("drain", was_online=False)
    assert [set(its.values()) for its in shop.members()] == [{"draining"}, {"draining"}]
    shop.cloud.faults.append(Fault("DescribeTargetGroups", code="AccessDenied", status=403))
    shop.play("drain", was_online=False)


def test_a_deploy_fails_on_an_instance_that_a_load_balancer_does_not_find_well(shop):
    shop.play("ready")
    shop.cloud.balancers.classics["shop"]["members"][shop.machine]["state"] = "unhealthy"
    printed = shop.play("deploy_join", succeeds=False)
    assert "web1 is registered, and not found well in time by classic load balancer shop" in printed
