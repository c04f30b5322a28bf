"""The demo's stack file on EC2, with only its provider changed; each instance behind the API is a real host."""

from __future__ import annotations

import urllib.request

import pytest
import yaml

from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.server import environment, serving
from tests.endtoend.ec2_hosts import RealHosts
from tests.endtoend.project import REPOSITORY, Project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

PROVIDER = {
    "type": "ec2",
    "region": "eu-central-1",
    "image": {"ssm": "/test/image"},
    "instance_types": ["m6i.large", "m5.large"],
    "security_groups": ["web"],
}

USED = ["db1", "lb1", "web1"]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    made = RealHosts("ec2cloud", tmp_path_factory.mktemp("cloud"))
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def cloud(hosts):
    made = Cloud(hosts)
    made.balancers.add_group("shop-front")
    made.balancers.add_classic("shop-web")
    with serving(made) as address, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(address).items():
            patch.setenv(name, value)
        yield made


@pytest.fixture(scope="module")
def shop(cloud, tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("shop"), "ec2shop")
    for part in ("roles", "apps"):
        (project.folder / part).symlink_to(REPOSITORY / part)
    demo = yaml.safe_load((REPOSITORY / "inventory" / "shop.stack.yml").read_text())
    for name, balancer in {"lb": {"target_group": "shop-front"}, "web": {"classic": "shop-web"}}.items():
        demo["layers"][name] |= {"load_balancers": [balancer], "ingress": "default"}
    project.write({**demo, "name": project.name, "provider": PROVIDER})
    yield project
    project.remove()


def page(shop: Project) -> str:
    machine = shop.state().instances["lb1"].machine
    assert machine is not None
    with urllib.request.urlopen(f"http://{machine.address}/", timeout=30) as answer:
        return answer.read().decode()


def one_machine_each(shop: Project, cloud: Cloud) -> None:
    known = {record.machine.id for record in shop.state().instances.values() if record.machine is not None}
    assert {item["InstanceId"] for item in cloud.alive()} == known


def test_it_starts_and_serves(shop, cloud):
    cloud.no_room = {"m6i.large"}
    shop.play("start", instance=USED)
    assert shop.states() == dict.fromkeys(USED, "online")
    one_machine_each(shop, cloud)
    assert {item["InstanceType"] for item in cloud.alive()} == {"m5.large"}
    lb, web = (shop.state().instances[name].machine.id for name in ("lb1", "web1"))
    assert cloud.balancers.members("shop-front") == {(lb, 80): "healthy"}
    assert cloud.balancers.members("shop-web") == {web: "healthy"}
    groups = {item["GroupId"]: item["GroupName"] for item in cloud.groups.groups.values()}
    assert [groups[item["GroupId"]] for item in cloud.instances[web]["SecurityGroups"]] == [
        "web",
        "stackward-ec2shop-web",
    ]
    assert "<h1>" in page(shop)
    # Whoever asks first is refused; the others have heard of it and may pass over that place.
    attempts = shop.store().journal(shop.name, kinds=("attempt",))
    assert attempts
    assert all(entry.text.startswith("attempt 2, as the one before ended: m6i.large on-demand") for entry in attempts)


def test_a_machine_that_aws_took_away_is_replaced_and_gets_its_disk(shop, cloud, hosts):
    visits = int(page(shop).partition("Visit ")[2].partition(",")[0])
    machine = shop.state().instances["db1"].machine
    hosts.terminate(machine.id)
    cloud.end(machine.id, "Server.SpotInstanceTermination: Spot instance termination")
    printed = shop.play("heal")
    assert "db1: heal: replace, try 1 of 5" in printed
    assert set(shop.states().values()) == {"online"}
    assert shop.state().instances["db1"].machine.id != machine.id
    one_machine_each(shop, cloud)
    assert int(page(shop).partition("Visit ")[2].partition(",")[0]) > visits


def test_a_second_converge_makes_no_mutating_call(shop, cloud):
    cloud.log.clear()
    shop.play("converge")
    assert [action for action, _ in cloud.log if not action.startswith("Describe")] == []


def test_an_app_is_restarted_batch_after_batch_out_of_its_load_balancers_but_for_its_only_instance(shop, cloud):
    shop.play("start", instance=["web2"])
    web = {shop.state().instances[name].machine.id: name for name in ("web1", "web2")}
    assert cloud.balancers.members("shop-web") == dict.fromkeys(web, "healthy")
    cloud.log.clear()
    shop.play("restart_app", app="storefront")
    calls = [(action, given["Instances"][0]["InstanceId"]) for action, given in cloud.log if "With" in action]
    left = [(action, given["Instances"][0]["InstanceId"]) for action, given in cloud.log if "From" in action]
    assert sorted(machine for _, machine in left) == sorted(machine for _, machine in calls) == sorted(web)
    assert cloud.balancers.members("shop-web") == dict.fromkeys(web, "healthy")
    shop.play("terminate", instance=["web2"])
    cloud.log.clear()
    shop.play("restart_app", app="storefront")
    assert not any("From" in action for action, _ in cloud.log)


def test_it_goes_without_a_trace(shop, cloud):
    cloud.log.clear()
    shop.play("terminate", instance=USED)
    assert cloud.balancers.members("shop-front") == cloud.balancers.members("shop-web") == {}
    calls = [action for action, _ in cloud.log]
    assert calls.index("DeregisterTargets") < calls.index("TerminateInstances")
    assert cloud.alive() == []
    assert set(shop.states().values()) == {"terminated"}
