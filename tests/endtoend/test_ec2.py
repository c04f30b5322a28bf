"""The demo's stack file on EC2, with only the line of its provider changed, and a real host behind each instance.

The tests go on with one stack, in the order in which they stand here.
"""

from __future__ import annotations

import re
import urllib.request

import pytest
import yaml

from stackward.providers.ec2 import policy
from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.faults import Fault, How
from tests.ec2_stand_in.server import standing_in
from tests.endtoend.ec2_hosts import RealHosts
from tests.endtoend.project import REPOSITORY, Project
from tests.stack_ownership import owned_stack

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

PROVIDER = (
    "provider: {type: ec2, region: eu-central-1, image: {ssm: /test/image}, instance_types: [m6i.large, m5.large], "
    "subnets: [subnet-0123456789abcdef0], security_groups: [web]}"
)
EVERYBODY = {"lb1", "web1", "web2", "db1"}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    made = RealHosts("ec2cloud", tmp_path_factory.mktemp("cloud"))
    with owned_stack(made.name):
        try:
            yield made
        finally:
            made.remove()


@pytest.fixture(scope="module")
def cloud(hosts):
    made = Cloud(hosts, lag=0)
    made.databases.lag = made.balancers.lag = 0
    made.balancers.add_group("shop-front")
    made.balancers.add_classic("shop-web")
    with standing_in(made):
        yield made


@pytest.fixture(scope="module")
def shop(cloud, tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("shop"), "shop")
    for part in ("roles", "apps"):
        (project.folder / part).symlink_to(REPOSITORY / part)
    project.file.parent.mkdir()
    demo = (REPOSITORY / "inventory" / "shop.stack.yml").read_text()
    changed, lines = re.subn(r"^provider: .*$", PROVIDER, demo, flags=re.MULTILINE)
    assert lines == 1
    project.file.write_text(changed)
    yield project
    project.remove()


def machine(shop: Project, name: str):
    found = shop.state().instances[name].machine
    assert found is not None
    return found


def page(shop: Project) -> str:
    """What a visitor sees, who knows the elastic address."""
    with urllib.request.urlopen(f"http://{machine(shop, 'lb1').elastic_address}/", timeout=30) as answer:
        return answer.read().decode()


def visits(shop: Project) -> int:
    return int(page(shop).partition("Visit ")[2].partition(",")[0])


def answering(shop: Project) -> set[str]:
    return {page(shop).partition("answered by ")[2].partition(".")[0] for _ in range(4)}


def everybody_is_online_with_one_machine_each(shop: Project, cloud: Cloud) -> None:
    assert shop.states() == dict.fromkeys(EVERYBODY, "online")
    assert {item["InstanceId"] for item in cloud.alive()} == {machine(shop, name).id for name in EVERYBODY}
    assert len(cloud.addresses) == len(cloud.volumes) == 1


def rewritten(shop: Project, change) -> None:
    """Edit the stack file."""
    definition = yaml.safe_load(shop.file.read_text())
    change(definition)
    shop.write(definition)


def test_it_starts_and_serves(shop, cloud):
    cloud.no_room = {"m6i.large"}
    # The answer to a launch is lost, and AWS throttles what finds out about it.
    cloud.faults = [
        Fault("RunInstances", how=How.LOST, fits=lambda given: given["InstanceType"] == "m5.large"),
        Fault("DescribeInstances", "RequestLimitExceeded", 503, 2),
    ]
    shop.play("start")
    assert cloud.faults == []
    everybody_is_online_with_one_machine_each(shop, cloud)
    assert {item["InstanceType"] for item in cloud.alive()} == {"m5.large"}
    # Whoever asks first is refused; the others have heard of it and may pass over that place.
    attempts = shop.store().journal(shop.name, kinds=("attempt",))
    assert attempts
    assert all(entry.text.startswith("attempt 2, as the one before ended: m6i.large on-demand") for entry in attempts)
    assert answering(shop) == {"web1", "web2"}


def test_a_second_converge_makes_no_mutating_call(shop, cloud):
    cloud.log.clear()
    shop.play("converge")
    assert "DescribeVolumes" in {action for action, _ in cloud.log}
    assert [action for action, _ in cloud.log if not action.startswith("Describe")] == []


def test_a_stop_and_a_start_keep_machine_disks_and_elastic_address(shop, cloud, hosts):
    count = visits(shop)
    before = {name: machine(shop, name) for name in ("lb1", "db1")}
    hosts.inside(before["db1"].id, "touch", "/root/kept")
    cloud.log.clear()
    shop.play("stop", instance=["lb1", "db1"], force=True)
    assert [given["Force"] for action, given in cloud.log if action == "StopInstances"] == [True, True]
    assert {cloud.instances[item.id]["State"]["Name"] for item in before.values()} == {"stopped"}
    shop.play("start", instance=["lb1", "db1"])
    everybody_is_online_with_one_machine_each(shop, cloud)
    assert {name: machine(shop, name) for name in before} == before
    hosts.inside(before["db1"].id, "ls", "/root/kept")
    assert visits(shop) == count + 1


def test_a_database_that_aws_took_away_is_replaced_with_its_volume(shop, cloud):
    count, before, volumes = visits(shop), machine(shop, "db1").id, set(cloud.volumes)
    cloud.end(before, "Server.SpotInstanceTermination: Spot instance termination")
    assert "db1: heal: replace, try 1 of 5" in shop.play("heal")
    everybody_is_online_with_one_machine_each(shop, cloud)
    assert machine(shop, "db1").id != before
    assert set(cloud.volumes) == volumes
    assert visits(shop) == count + 1


def test_a_load_balancer_that_somebody_terminated_is_replaced_with_its_elastic_address(shop, cloud):
    before = machine(shop, "lb1")
    cloud.end(before.id, "Client.UserInitiatedShutdown: User initiated shutdown")
    assert "lb1: heal: replace, try 1 of 5" in shop.play("heal")
    everybody_is_online_with_one_machine_each(shop, cloud)
    after = machine(shop, "lb1")
    assert after.id != before.id
    assert after.elastic_address == before.elastic_address
    assert answering(shop) == {"web1", "web2"}


def test_load_balancers_of_aws_and_security_groups_are_taken_up_by_machines_that_run(shop, cloud):
    def change(definition):
        for name, balancer in {"lb": {"target_group": "shop-front"}, "web": {"classic": "shop-web"}}.items():
            definition["layers"][name] |= {"load_balancers": [balancer], "ingress": "default"}

    rewritten(shop, change)
    generation = shop.state().generation
    shop.play("converge")
    web = {machine(shop, name).id for name in ("web1", "web2")}
    assert cloud.balancers.members("shop-front") == {(machine(shop, "lb1").id, 80): "healthy"}
    assert cloud.balancers.members("shop-web") == dict.fromkeys(web, "healthy")
    for instance in web:
        assert [item["GroupName"] for item in cloud.instances[instance]["SecurityGroups"]] == [
            "web",
            "stackward-shop-web",
        ]
    assert shop.state().generation > generation
    assert {record.configured for record in shop.state().instances.values()} == {shop.state().generation}


def test_an_app_is_restarted_batch_after_batch_out_of_its_load_balancers(shop, cloud):
    cloud.log.clear()
    shop.play("restart_app", app="storefront")
    web = {machine(shop, name).id for name in ("web1", "web2")}
    assert left(cloud) == joined(cloud) == sorted(web)
    assert cloud.balancers.members("shop-web") == dict.fromkeys(web, "healthy")


def left(cloud: Cloud) -> list[str]:
    """Who was taken out of a load balancer."""
    return sorted(given["Instances"][0]["InstanceId"] for action, given in cloud.log if "FromLoadBalancer" in action)


def joined(cloud: Cloud) -> list[str]:
    return sorted(given["Instances"][0]["InstanceId"] for action, given in cloud.log if "WithLoadBalancer" in action)


def test_a_web_server_that_somebody_stopped_is_left_to_them_or_started_again_as_the_file_says(shop, cloud):
    before = machine(shop, "web2")
    cloud.stopped_outside(before.id)
    shop.play("heal")
    assert shop.states()["web2"] == "connection_lost"
    assert list(cloud.balancers.members("shop-web")) == [machine(shop, "web1").id]
    assert answering(shop) == {"web1"}
    cloud.log.clear()
    shop.play("restart_app", app="storefront")
    assert left(cloud) == []

    rewritten(shop, lambda definition: definition["layers"]["web"].update(healing={"on_outside_stop": "heal"}))
    assert "web2: heal: restart, try 1 of 5" in shop.play("heal")
    everybody_is_online_with_one_machine_each(shop, cloud)
    assert machine(shop, "web2") == before
    assert set(cloud.balancers.members("shop-web")) == {machine(shop, name).id for name in ("web1", "web2")}
    assert answering(shop) == {"web1", "web2"}


def test_a_reboot_is_over_only_once_the_machine_has_come_back(shop, cloud, hosts):
    web = machine(shop, "web1")
    hosts.inside(web.id, "touch", "/run/before")
    shop.play("reboot", instance="web1")
    everybody_is_online_with_one_machine_each(shop, cloud)
    assert machine(shop, "web1") == web
    assert "before" not in hosts.inside(web.id, "ls", "/run")


def test_an_app_uses_a_database_of_rds_that_is_made_from_the_file(shop, cloud, hosts):
    def change(definition):
        definition["databases"] = {"main": {"engine": "postgresql", "name": "shop"}}
        definition["apps"]["storefront"]["database"] = "main"

    rewritten(shop, change)
    shop.play("deploy", app="storefront")
    (made,) = cloud.databases.databases.values()
    assert (made["DBInstanceIdentifier"], made["DBInstanceStatus"]) == ("stackward-shop-main", "available")
    assert (visits(shop), visits(shop)) == (1, 2)
    with hosts.databases["stackward-shop-main"].connect("shop") as connection:
        assert connection.execute("SELECT count(DISTINCT host) FROM visits").fetchone() == (2,)
        owner = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'visits'").fetchone()
        assert owner == ("stackward",)


def test_an_app_uses_a_database_of_rds_that_is_registered_with_its_login(shop, cloud, hosts):
    host, port = hosts.make_database("theirs", "legacy", "anna", "s3cret/with:signs@")

    def change(definition):
        login = {"host": host, "port": port, "user": "anna", "password": "s3cret/with:signs@"}
        definition["databases"]["theirs"] = {"engine": "postgresql", "name": "legacy", **login}
        definition["apps"]["storefront"]["database"] = "theirs"

    rewritten(shop, change)
    cloud.log.clear()
    shop.play("deploy", app="storefront")
    assert visits(shop) == 1
    with hosts.databases["theirs"].connect("legacy") as connection:
        assert connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'visits'").fetchone() == ("anna",)
    assert [action for action, given in cloud.log if "theirs" in str(given)] == []


def test_it_goes_without_a_trace(shop, cloud, hosts):
    cloud.log.clear()
    shop.play("terminate", instance=sorted(EVERYBODY))
    assert cloud.alive() == []
    assert set(shop.states().values()) == {"terminated"}
    assert cloud.balancers.members("shop-front") == cloud.balancers.members("shop-web") == {}
    calls = [action for action, _ in cloud.log]
    assert calls.index("DeregisterTargets") < calls.index("TerminateInstances")
    assert hosts.provider.describe(hosts.name) == {}
    # What has data, and the address that others know, stays until it is given up.
    assert len(cloud.volumes) == len(cloud.addresses) == len(cloud.databases.databases) == 1

    def bare(definition):
        definition |= {"layers": {"web": {}}, "instances": {"web1": {"layers": ["web"]}}}
        del definition["apps"], definition["databases"]

    rewritten(shop, bare)
    shop.play("converge", allow_destroy=True)
    assert (cloud.alive(), cloud.volumes, cloud.addresses, cloud.databases.databases) == ([], {}, {}, {})
    assert sorted(item["GroupName"] for item in cloud.groups.groups.values()) == ["db", "default", "web"]
    assert hosts.loops == {}
    assert len(cloud.databases.snapshots) == 1


def test_the_policy_of_the_documents_allows_every_call_that_was_made(cloud):
    allowed = {action for actions in policy.ACTIONS.values() for action in actions}
    assert cloud.asked
    assert cloud.asked <= allowed
