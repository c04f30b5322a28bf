"""Load balancers, security groups, volumes and addresses of EC2, from the stack file to the calls."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from stackward.controller import due
from stackward.definition.model import Instance, Layer, Volume
from stackward.definition.resources import Ingress
from stackward.engine import arrays, attempts, balancing, machines, outcomes, resourcing
from stackward.engine.machines import Hold
from stackward.errors import ProviderError
from stackward.lifecycle.states import State
from stackward.providers.base import MachineRequest
from stackward.providers.ec2 import addresses as addresses_of_ec2
from stackward.resources import leftovers, membership, volumes
from stackward.resources.change import Change, Verb
from stackward.state.records import MachineRecord
from tests.contract.providers.ec2_shop import FRONT, NOW, OPTIONS, UP, cloud, region, shop
from tests.ec2_stand_in.faults import Fault, How

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


def hold(shop, name):
    return Hold(shop.run, shop.store.snapshot("shop").instances[name].epoch, "test")


def test_those_who_are_online_are_registered_everywhere_and_a_second_converge_makes_no_mutating_call(shop, cloud):
    first = shop.online("web1")
    problems, done, _calls = shop.converge()
    assert problems == ()
    assert done == [
        "register web1 with target group shop-web (port 8000)",
        "register web1 with classic load balancer shop",
    ]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}
    assert cloud.balancers.members("shop") == {first: "healthy"}
    assert shop.converge() == ((), [], [])


def test_a_registration_has_the_online_instances_configured(shop):
    shop.online("web1")
    before = shop.store.snapshot("shop").generation
    shop.converge()
    after = shop.store.snapshot("shop").generation
    assert after > before
    shop.converge()
    assert shop.store.snapshot("shop").generation == after


def test_who_is_not_online_any_more_is_deregistered_and_forgotten_once_drained(shop, cloud):
    first = shop.online("web1")
    shop.converge()
    shop.moved("web1", State.CONNECTION_LOST)
    assert shop.converge()[1] == [
        "deregister web1 from target group shop-web (port 8000)",
        "deregister web1 from classic load balancer shop",
    ]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "draining"}
    for _ in range(4):
        assert shop.converge()[2] == []
    assert shop.store.resources("shop") == ()


def test_members_of_others_are_reported_and_left_alone(shop, cloud):
    cloud.balancers.classics["shop"]["members"]["i-foreign"] = {"state": "healthy"}
    changes = shop.look()
    assert [(item.balancer, item.member) for item in changes.foreign] == [("classic load balancer shop", "i-foreign")]
    shop.converge()
    assert cloud.balancers.members("shop") == {"i-foreign": "healthy"}


def test_a_load_balancer_that_is_not_there_is_a_problem_and_keeps_nobody_from_the_others(shop, cloud):
    del cloud.balancers.classics["shop"]
    first = shop.online("web1")
    problems, _done, _calls = shop.converge()
    assert [problem.partition(",")[0] for problem in problems] == ["There is no classic load balancer shop"]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}


def test_a_load_balancer_that_leaves_the_file_loses_the_members_that_are_ours(shop, cloud):
    first = shop.online("web1")
    cloud.balancers.classics["shop"]["members"]["i-foreign"] = {"state": "healthy"}
    shop.converge()
    shop.layer("web", load_balancers=(FRONT,))
    assert shop.converge()[1] == ["deregister web1 from classic load balancer shop"]
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}
    assert cloud.balancers.members("shop")["i-foreign"] == "healthy"


def test_a_registration_whose_answer_is_lost_is_no_second_one(shop, cloud):
    cloud.faults.append(Fault("RegisterTargets", how=How.LOST))
    first = shop.online("web1")
    assert shop.converge()[0] == ()
    assert cloud.balancers.members("shop-web") == {(first, 8000): "healthy"}
    assert shop.converge() == ((), [], [])


def test_one_that_fails_keeps_no_other_from_being_registered_and_is_done_the_next_time(shop, cloud):
    cloud.faults.append(Fault("RegisterTargets", code="TooManyTargets", times=1))
    shop.online("web1")
    problems, done, _calls = shop.converge()
    assert "TooManyTargets" in problems[0]
    assert done == ["register web1 with classic load balancer shop"]
    assert shop.converge()[1] == ["register web1 with target group shop-web (port 8000)"]


def test_leaving_waits_until_every_load_balancer_has_drained_the_instance(shop, cloud):
    cloud.balancers.lag = 4
    shop.online("web1")
    shop.converge()
    shop.pauses.clear()
    assert balancing.leave(shop.store, shop.provider, shop.stack, "web1", hold(shop, "web1"), 60.0, lambda: NOW)
    assert cloud.balancers.members("shop-web") == cloud.balancers.members("shop") == {}
    assert len(shop.pauses) >= 3


def test_leaving_gives_up_in_time_and_says_who_was_slow(shop, cloud):
    cloud.balancers.lag = 1000
    shop.online("web1")
    shop.converge()
    balancing.leave(shop.store, shop.provider, shop.stack, "web1", hold(shop, "web1"), 6.0, lambda: NOW)
    said = shop.store.journal("shop", kinds=("balancer",))[-1].text
    assert said.endswith("not done within 6 s: target group shop-web (port 8000), classic load balancer shop")


def test_joining_waits_until_the_load_balancers_find_the_instance_well(shop, cloud):
    machine = shop.online("web1")
    where = (shop.store, shop.provider, shop.stack, "web1", hold(shop, "web1"))
    assert balancing.join(*where, 10.0, lambda: NOW)
    cloud.balancers.classics["shop"]["members"][machine]["state"] = "unhealthy"
    with pytest.raises(ProviderError, match="web1 is registered, and not found well in time by classic load balancer"):
        balancing.join(*where, 4.0, lambda: NOW)


def test_groups_are_made_given_to_machines_and_kept_up_to_date(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=(), ingress=(Ingress("tcp", 8000, 8000, network="10.0.0.0/8"),))
    assert shop.converge()[1] == [
        "create security group of the layer web (stackward-shop-web)",
        "update security group of the layer web (stackward-shop-web)",
        "attach security group of web to web1",
    ]
    group = next(key for key, item in cloud.groups.groups.items() if item["GroupName"] == "stackward-shop-web")
    assert [each["GroupId"] for each in cloud.instances[machine]["SecurityGroups"]] == [group]
    assert shop.converge() == ((), [], [])
    shop.layer("web", ingress=(), open_by_default=True)
    assert shop.converge()[1] == ["update security group of the layer web (stackward-shop-web)"]
    rules = [(each["IpProtocol"], each.get("FromPort")) for each in cloud.groups.groups[group]["IpPermissions"]]
    assert sorted(rules) == [("-1", None), ("tcp", 22)]
    assert shop.converge() == ((), [], [])


def test_a_group_goes_when_the_file_has_no_ingress_and_no_machine_has_it(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=(), ingress=())
    shop.converge()
    shop.layer("web", ingress=None)
    assert shop.converge()[1] == ["detach security group of web from web1"]
    assert shop.converge()[1] == ["delete security group of the layer web (stackward-shop-web)"]
    assert [each["GroupName"] for each in cloud.instances[machine]["SecurityGroups"]] == ["default"]
    assert sorted(item["GroupName"] for item in cloud.groups.groups.values()) == ["db", "default", "web"]
    assert shop.store.resources("shop") == ()


def test_groups_that_let_each_other_in_go_together_with_their_layers(shop, cloud):
    for layer in ("web", "db"):
        shop.layer(layer, load_balancers=(), ingress=(), open_by_default=True)
    assert shop.converge()[0] == ()
    assert any(item["UserIdGroupPairs"] for group in cloud.groups.groups.values() for item in group["IpPermissions"])
    shop.stack = replace(shop.stack, layers={"web": Layer("web")})
    for _ in range(2):
        problems, _done, _calls = shop.converge()
        assert problems == ()
    assert sorted(item["GroupName"] for item in cloud.groups.groups.values()) == ["db", "default", "web"]
    assert shop.store.resources("shop") == ()


def test_a_group_whose_answer_was_lost_is_taken_up_and_one_of_somebody_else_is_not(shop, cloud):
    shop.layer("web", load_balancers=(), ingress=())
    cloud.faults.append(Fault("CreateSecurityGroup", how=How.LOST))
    assert shop.converge()[0] == ()
    assert [item["GroupName"] for item in cloud.groups.groups.values()].count("stackward-shop-web") == 1
    for item in cloud.groups.groups.values():
        item["Tags"] = []
    problems, _done, _calls = shop.converge()
    assert "There is a security group stackward-shop-web already, and it is not this stack's" in problems[0]


def test_a_group_that_aws_does_not_show_yet_is_waited_for(shop, cloud):
    shop.layer("web", load_balancers=(), ingress=())
    look = shop.look()
    cloud.groups.unseen = 5
    actor = resourcing.Actor("test", shop.run)
    done = []
    assert resourcing.carry_out(shop.store, shop.stack, shop.provider, look, actor, lambda: NOW, done.append) == ()
    assert len(done) == 2
    assert [item["GroupName"] for item in cloud.groups.groups.values()].count("stackward-shop-web") == 1
    assert shop.converge() == ((), [], [])


def test_a_machine_is_launched_with_the_groups_of_its_layers(shop, cloud):
    shop.layer("web", ingress=())
    shop.converge()
    request = MachineRequest("shop", "web2", "t", "ssh-ed25519 A", {}, groups=("web",))
    place = shop.provider.place(request, ())
    assert [cloud.groups.groups[group]["GroupName"] for group in place["security_groups"]] == ["stackward-shop-web"]
    with pytest.raises(ProviderError, match="The security group of the layer db is not there"):
        shop.provider.place(replace(request, groups=("db",)), ())


def test_an_address_follows_the_stack_file_and_is_given_up_only_where_that_is_allowed(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=())
    shop.stack = replace(shop.stack, instances={"web1": Instance("web1", ("web",), elastic_ip=True)})
    assert shop.converge()[1] == ["attach elastic address to web1"]
    address = shop.store.snapshot("shop").instances["web1"].machine.elastic_address
    assert cloud.instances[machine]["PublicIpAddress"] == address
    assert shop.converge() == ((), [], [])
    shop.stack = replace(shop.stack, instances={"web1": Instance("web1", ("web",))})
    assert shop.converge()[1] == [f"detach elastic address {address} from web1"]
    assert [item.shown for item in shop.look().kept] == ["elastic address of web1"]
    assert shop.converge() == ((), [], [])
    assert len(cloud.addresses) == 1
    assert shop.converge(allow_destroy=True)[1] == ["delete elastic address of web1"]
    assert cloud.addresses == {}


def test_a_volume_that_nobody_wants_is_kept_until_its_deletion_is_allowed(shop, cloud):
    shop.layer("web", load_balancers=())
    place = {"image": OPTIONS["image"], "type": "m5.large", "market": "on-demand"}
    request = MachineRequest("shop", "db1", "t", "ssh-ed25519 A", {}, ("/srv",), placement=place)
    machine = shop.provider.create(request)
    shop.provider.terminate(machine.id)
    with shop.store.transaction("shop") as transaction:
        transaction.remember_resource(leftovers.volume("db1", "/srv"))
    assert shop.converge() == ((), [], [])
    assert [item.reason for item in shop.look().kept] == ["db1 has left the stack file"]
    assert len(cloud.volumes) == 1
    assert shop.converge(allow_destroy=True)[1] == ["delete volume /srv of db1"]
    assert cloud.volumes == {}
    assert shop.converge(allow_destroy=True) == ((), [], [])


def test_a_stack_without_resources_costs_no_call(shop, cloud):
    shop.layer("web", load_balancers=())
    shop.online("web1")
    cloud.log.clear()
    assert shop.look().empty
    assert cloud.log == []


def test_an_array_is_as_many_volumes_and_a_later_machine_gets_the_same_in_the_same_order(shop, cloud):
    layer = Layer("db", volumes=(Volume("/srv", 100, 10, 4), Volume("/log")))
    shop.stack = replace(shop.stack, layers={"db": layer}, instances={"db1": Instance("db1", ("db",))})
    machine = attempts.intended(shop.stack, "db1", shop.provider, "ssh-ed25519 A")
    request = attempts.request(shop.stack, "db1", machine, "ssh-ed25519 A")
    first = shop.provider.create(request)
    assert sorted(item["Size"] for item in cloud.volumes.values()) == [8, 50, 50, 50, 50]
    before = [(disk.mount, disk.number, disk.volume) for disk in shop.provider.disks("shop", first.id)]
    assert [item[:2] for item in before] == [("/log", 0), ("/srv", 0), ("/srv", 1), ("/srv", 2), ("/srv", 3)]
    shop.provider.terminate(first.id)
    second = shop.provider.create(replace(request, token="another"))
    disks = shop.provider.disks("shop", second.id)
    assert [(disk.mount, disk.number, disk.volume) for disk in disks] == before
    mounted, made = arrays.mounted(disks, machine.parameters["arrays"])
    (array,) = made
    assert (array["level"], [disk["volume"] for disk in array["disks"]]) == (10, [item[2] for item in before[1:]])
    assert [item["mount"] for item in mounted] == ["/log", "/srv"]
    assert mounted[1]["device"] == f"/dev/md/{array['name']}"
    shop.provider.terminate(second.id)
    shop.provider.change("shop", leftover(leftovers.volume("db1", "/srv")))
    assert [item["Size"] for item in cloud.volumes.values()] == [8]


def booted(shop, name, its):
    """The instance online on a machine that the engine has made for a layer with these volumes."""
    shop.layer("db", volumes=its)
    shop.stack = replace(shop.stack, instances={name: Instance(name, ("db",))})
    with shop.store.transaction("shop") as transaction:
        transaction.put_instance(name, ("db",), NOW)
        epoch = transaction.claim(name, shop.run, "test", NOW, NOW).epoch
        transaction.advance(name, epoch, State.REQUESTED, NOW, actor="test", text="", run=shop.run)
    boot(shop, name)
    outcomes.online(shop.store, shop.stack, name, hold(shop, name), lambda: NOW)


def boot(shop, name):
    machines.boot(shop.store, shop.provider, REACH, shop.stack, name, hold(shop, name), lambda: NOW)


REACH = machines.Reach(
    public_key=lambda: "ssh-ed25519 A",
    pin=lambda *_: None,
    unpin=lambda *_: None,
    wait=lambda *_: None,
)


def disks(shop, name):
    machine, found = machines.disks(shop.store, shop.provider, REACH, shop.stack, name, hold(shop, name))
    return arrays.mounted(found, attempts.arrays(machine), volumes.later(machine))


def test_a_volume_that_comes_later_is_made_and_attached_to_the_running_machine_and_stays_with_the_next(shop, cloud):
    booted(shop, "db1", (Volume("/srv", 20),))
    first = shop.store.snapshot("shop").instances["db1"].machine.id
    shop.layer("db", volumes=(Volume("/srv", 20), Volume("/log", 30), Volume("/fast", 100, 0, 2)))
    look = shop.look()
    assert [(item.verb.value, item.shown) for item in look.moving] == [
        ("create", "volume /log (30 GiB) of db1"),
        ("create", "volume /fast (100 GiB, RAID 0 of 2 disks) of db1"),
    ]
    assert look.empty
    cloud.log.clear()
    mounted, made = disks(shop, "db1")
    assert [action for action, _ in cloud.log if action.startswith(("Create", "Attach"))] == [
        "CreateVolume",
        "AttachVolume",
    ] * 3
    assert sorted((item["mount"], item["cover"]) for item in mounted) == [
        ("/fast", False),
        ("/log", False),
        ("/srv", True),
    ]
    assert [array["level"] for array in made] == [0]
    assert {item["Attachments"][0]["InstanceId"] for item in cloud.volumes.values()} == {first}
    assert len({item["Attachments"][0]["Device"] for item in cloud.volumes.values()}) == 4
    cloud.log.clear()
    assert disks(shop, "db1") == (mounted, made)
    assert [action for action, _ in cloud.log if not action.startswith("Describe")] == []
    assert shop.look().moving == ()
    before = {item["VolumeId"] for item in cloud.volumes.values()}
    # The token still stands for the machine, and the next machine is made with all of them.
    shop.moved("db1", State.CONNECTION_LOST, State.STOPPING)
    machines.stop(shop.store, shop.provider, shop.stack, "db1", hold(shop, "db1"), lambda: NOW)
    shop.moved("db1", State.REQUESTED)
    boot(shop, "db1")
    assert shop.store.snapshot("shop").instances["db1"].machine.id == first
    assert {item["VolumeId"] for item in cloud.volumes.values()} == before


def test_a_volume_whose_answer_was_lost_is_made_once(shop, cloud):
    booted(shop, "db1", ())
    shop.layer("db", volumes=(Volume("/log", 30),))
    cloud.faults.append(Fault("CreateVolume", how=How.LOST))
    with contextlib.suppress(ProviderError):
        disks(shop, "db1")
    mounted, _made = disks(shop, "db1")
    assert [item["mount"] for item in mounted] == ["/log"]
    assert len(cloud.volumes) == 1


def test_a_volume_that_is_not_to_be_kept_goes_with_the_instance_and_others_stay(shop, cloud):
    booted(shop, "db1", (Volume("/data", 20), Volume("/cache", 10, keep=False)))
    shop.layer("db", volumes=(Volume("/data", 20, keep=False), Volume("/cache", 10)))
    assert shop.converge()[1:] == (["update volume /cache of db1", "update volume /data of db1"], [])
    assert shop.converge() == ((), [], [])
    shop.moved("db1", State.TERMINATING)
    machines.terminate(shop.store, shop.provider, REACH, shop.stack, "db1", hold(shop, "db1"), lambda: NOW)
    assert [item["Size"] for item in cloud.volumes.values()] == [10]
    assert shop.store.journal("shop", kinds=("resource",))[-1].text == (
        "delete volume /data of db1: keep is false, and its instance is terminated"
    )
    assert [item.name for item in shop.store.resources("shop")] == ["db1 /cache"]


def test_an_address_that_somebody_took_away_is_given_back_and_everybody_is_told(shop, cloud):
    machine = shop.online("web1")
    shop.layer("web", load_balancers=())
    shop.stack = replace(shop.stack, instances={"web1": Instance("web1", ("web",), elastic_ip=True)})
    shop.converge()
    before = shop.store.snapshot("shop")
    (item,) = cloud.addresses.values()
    address = item["PublicIp"]
    shop.provider.detach_address("shop", machine)
    (change,) = shop.look().changes
    assert change.reason == f"somebody has taken {address} from it"
    assert shop.converge()[1:] == (["attach elastic address to web1"], ["AssociateAddress"])
    assert cloud.instances[machine]["PublicIpAddress"] == address
    assert shop.store.snapshot("shop").generation > before.generation
    assert shop.converge() == ((), [], [])


def test_an_address_that_somebody_gave_to_another_machine_is_left_there_and_told(shop, cloud):
    shop.online("web1")
    other = shop.online("web2")
    shop.layer("web", load_balancers=())
    shop.stack = replace(
        shop.stack, instances={"web1": Instance("web1", ("web",), elastic_ip=True), "web2": Instance("web2", ("web",))}
    )
    shop.converge()
    (item,) = cloud.addresses.values()
    addresses_of_ec2.calls.associate_address(shop.provider._region.connection, item["AllocationId"], other)
    look = shop.look()
    assert look.changes == ()
    assert look.unenforced == (
        f"the elastic address {item['PublicIp']} of web1 was given to {other} by somebody else, and is left there; "
        "take it from there, and the next converge gives it back to web1",
    )


def test_a_volume_that_somebody_detached_is_told_until_a_stop_and_start_attaches_it_again(shop, cloud):
    booted(shop, "db1", (Volume("/srv", 20),))
    assert shop.converge() == ((), [], [])
    volume = next(iter(cloud.volumes))
    cloud.disks.DetachVolume({"VolumeId": volume})
    (problem,) = shop.converge()[0]
    assert problem.startswith("The volume /srv of db1 was detached from its machine i-")
    assert problem.endswith("stackward stop --instance db1, then start")
    shop.moved("db1", State.STOPPING)
    machines.stop(shop.store, shop.provider, shop.stack, "db1", hold(shop, "db1"), lambda: NOW)
    shop.moved("db1", State.REQUESTED)
    boot(shop, "db1")
    assert [item["mount"] for item in disks(shop, "db1")[0]] == ["/srv"]
    outcomes.online(shop.store, shop.stack, "db1", hold(shop, "db1"), lambda: NOW)
    assert list(cloud.volumes) == [volume]
    assert shop.converge() == ((), [], [])
    del cloud.volumes[volume]
    assert shop.converge()[0][0].startswith("The volume /srv of db1 is gone, and what was on it.")


def test_a_fleet_is_looked_at_by_few_calls_once_in_a_while_however_often_a_tick_comes(shop, cloud, monkeypatch):
    names = [f"web{number}" for number in range(1, 1001)]
    shop.layer("web", load_balancers=(FRONT,))
    shop.stack = replace(
        shop.stack, instances={name: Instance(name, ("web",), elastic_ip=name == "web1") for name in names}
    )
    first = shop.online("web1")
    shop.converge()
    (group,) = cloud.balancers.groups.values()
    with shop.store.transaction("shop") as transaction:
        for number, name in enumerate(names[1:], 2):
            machine = f"i-{number:017x}"
            cloud.instances[machine] = {**cloud.instances[first], "InstanceId": machine}
            group["members"][machine, 8000] = {"state": "healthy"}
            transaction.remember_resource(membership.membership(FRONT, machine, name))
            transaction.put_instance(name, ("web",), NOW)
            epoch = transaction.claim(name, shop.run, "test", NOW, NOW).epoch
            transaction.set_machine(name, epoch, MachineRecord(name, 1, {"provider": "ec2", "options": {}}, machine))
            for state in UP:
                transaction.advance(name, epoch, state, NOW, actor="test", text="", run=shop.run)
            transaction.release(name, epoch)
        transaction.adopt_definition(shop.stack.digest, "test", NOW, shop.run)
        generation = transaction.state.generation
        for name in names:
            epoch = transaction.claim(name, shop.run, "test", NOW, NOW).epoch
            transaction.configured(name, epoch, generation)
            transaction.release(name, epoch)
    monkeypatch.setattr(due.providers, "load", lambda *_given, **_more: shop.provider)
    seconds = itertools.count(step=30)
    monkeypatch.setattr(due, "_now", lambda: NOW + timedelta(seconds=next(seconds)))
    cloud.log.clear()
    found = [due.converge(shop.store, shop.stack) for _ in range(20)]
    assert [item.lines for item in found if item.due] == []
    # Twenty ticks in ten minutes are two looks, of one call for each kind of thing that there is.
    calls = [action for action, _ in cloud.log]
    assert calls == ["DescribeTargetGroups", "DescribeTargetHealth", "DescribeAddresses"] * 2
    assert len(calls) <= len(found)
    shop.provider.detach_address("shop", first)
    del group["members"][f"i-{7:017x}", 8000]
    group["members"]["i-foreign", 8000] = {"state": "healthy"}
    (told,) = [item.lines for item in (due.converge(shop.store, shop.stack) for _ in range(10)) if item.due]
    assert [line.partition(": ")[2].partition(" (somebody")[0] for line in told] == [
        "+ web7 with target group shop-web (port 8000): register (web7 is online)",
        "+ elastic address to web1: attach",
        "target group shop-web (port 8000): its member i-foreign is none of this stack's, and is left alone",
    ]


def leftover(known):
    return Change(known.kind, Verb.DELETE, known.name, "the volume", "nobody wants it", data=known.data)
