"""A spot machine of EC2 that AWS takes back, with a real host behind each instance."""

from __future__ import annotations

import pytest

from stackward.state.records import CommandStatus
from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.server import standing_in
from tests.endtoend.ec2_hosts import RealHosts
from tests.endtoend.project import Project
from tests.stack_ownership import owned_stack

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

STACK = {
    "plugin": "stackward.ops.stack",
    "name": "spotted",
    "provider": {
        "type": "ec2",
        "region": "eu-central-1",
        "image": {"ssm": "/test/image"},
        "instance_types": ["m5.large"],
        "market": ["spot", "on-demand"],
    },
    "layers": {"web": {"load_balancers": [{"classic": "shop-web"}], "recipes": {"shutdown": [{"command": "sync"}]}}},
    "instances": {"web1": {"layers": ["web"]}, "web2": {"layers": ["web"], "provider": {"market": "on-demand"}}},
}


@pytest.fixture
def cloud(tmp_path):
    hosts = RealHosts("spotcloud", tmp_path)
    with owned_stack(hosts.name):
        try:
            made = Cloud(hosts, lag=0)
            made.balancers.lag = 0
            made.balancers.add_classic("shop-web")
            with standing_in(made):
                yield made
        finally:
            hosts.remove()


@pytest.fixture
def fleet(cloud, tmp_path):
    project = Project(tmp_path / "fleet", "spotted")
    project.write(STACK)
    yield project
    project.remove()


def machine(fleet, name):
    return fleet.state().instances[name].machine.id


def test_it_is_drained_and_shut_down_and_replaced_before_it_is_gone(fleet, cloud):
    fleet.play("start")
    taken, other = (machine(fleet, name) for name in ("web1", "web2"))
    assert cloud.balancers.members("shop-web") == dict.fromkeys((taken, other), "healthy")
    cloud.spot.notice(taken)
    cloud.log.clear()
    assert f"web1: heal: replace: the provider says that AWS takes the spot machine {taken} back" in fleet.play("heal")
    assert fleet.states() == {"web1": "online", "web2": "online"}
    after = machine(fleet, "web1")
    assert {item["InstanceId"] for item in cloud.alive()} == {after, other}
    assert cloud.balancers.members("shop-web") == dict.fromkeys((after, other), "healthy")
    calls = [action for action, _ in cloud.log]
    assert calls.index("DeregisterInstancesFromLoadBalancer") < calls.index("TerminateInstances")
    (shutdown,) = [item for item in fleet.store().commands(fleet.name, instance="web1") if item.event == "shutdown"]
    assert shutdown.status is CommandStatus.SUCCESSFUL
    assert "web1: reclaimed" not in fleet.play("heal")
