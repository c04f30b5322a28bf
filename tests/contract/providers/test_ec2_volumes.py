"""Volumes and arrays of EC2, from the stack file to the calls."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from stackward.definition.model import Instance, Layer, Volume
from stackward.engine import arrays, attempts, machine_volumes, machines, outcomes
from stackward.engine.reach import Reach
from stackward.errors import ProviderError
from stackward.lifecycle.states import State
from stackward.planner import Action, Observations, decide
from stackward.providers.base import MachineRequest
from stackward.resources import leftovers, volumes
from stackward.resources.change import Change, Changes, Verb
from tests.contract.providers.ec2_shop import NOW, OPTIONS, cloud, held, region, shop
from tests.ec2_stand_in.faults import Fault, How

pytestmark = pytest.mark.aws

__all__ = ["cloud", "region", "shop"]


def booted(shop, name, its):
    """The instance online on a machine that the engine has made for a layer with these volumes."""
    shop.layer("db", volumes=its)
    shop.stack = replace(shop.stack, instances={name: Instance(name, ("db",))})
    with shop.store.transaction("shop") as transaction:
        transaction.put_instance(name, ("db",), NOW)
        epoch = transaction.claim(name, shop.run, "test", NOW, NOW).epoch
        transaction.advance(name, epoch, State.REQUESTED, NOW, actor="test", text="", run=shop.run)
    boot(shop, name)
    outcomes.online(held(shop, name))


def boot(shop, name):
    machines.boot(held(shop, name), shop.provider, REACH)


REACH = Reach(
    public_key=lambda: "ssh-ed25519 A",
    pin=lambda *_: None,
    unpin=lambda *_: None,
    wait=lambda *_: None,
)


def disks(shop, name):
    machine, found = machine_volumes.disks(held(shop, name), shop.provider, REACH)
    return arrays.mounted(found, attempts.arrays(machine), volumes.later(machine))


def leftover(known):
    return Change(known.kind, Verb.DELETE, known.name, "the volume", "nobody wants it", data=known.data)


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
    machines.stop(held(shop, "db1"), shop.provider)
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
    machines.terminate(held(shop, "db1"), shop.provider, REACH)
    assert [item["Size"] for item in cloud.volumes.values()] == [10]
    assert shop.store.journal("shop", kinds=("resource",))[-1].text == (
        "delete volume /data of db1: keep is false, and its instance is terminated"
    )
    assert [item.name for item in shop.store.resources("shop")] == ["db1 /cache"]


def test_a_volume_that_somebody_detached_is_told_until_a_stop_and_start_attaches_it_again(shop, cloud):
    booted(shop, "db1", (Volume("/srv", 20),))
    assert shop.converge() == ((), [], [])
    volume = next(iter(cloud.volumes))
    cloud.disks.DetachVolume({"VolumeId": volume})
    (problem,) = shop.converge()[0]
    assert problem.startswith("The volume /srv of db1 was detached from its machine i-")
    assert problem.endswith("stackward stop --instance db1, then start")
    shop.moved("db1", State.STOPPING)
    machines.stop(held(shop, "db1"), shop.provider)
    shop.moved("db1", State.REQUESTED)
    boot(shop, "db1")
    assert [item["mount"] for item in disks(shop, "db1")[0]] == ["/srv"]
    outcomes.online(held(shop, "db1"))
    assert list(cloud.volumes) == [volume]
    assert shop.converge() == ((), [], [])
    del cloud.volumes[volume]
    assert shop.converge()[0][0].startswith("The volume /srv of db1 is gone, and what was on it.")


def test_a_volume_grows_on_the_running_machine_once_and_never_shrinks(shop, cloud):
    booted(shop, "db1", (Volume("/srv", 20), Volume("/log")))
    shop.layer("db", volumes=(Volume("/srv", 40), Volume("/log", 5)))
    look = shop.look()
    assert [(item.verb.value, item.shown, item.before, item.after) for item in look.moving] == [
        ("update", "volume /srv of db1", ("20 GiB",), ("40 GiB",)),
        ("update", "volume /log of db1", (), ("5 GiB at least",)),
    ]
    plan = decide(shop.stack, shop.store.snapshot("shop"), Observations(), NOW)
    (move,) = [item for item in plan.moves if item.action is Action.SETUP]
    assert move.reason == "volume /srv, volume /log: larger in the stack file"
    cloud.faults.append(Fault("ModifyVolume", how=How.LOST))
    cloud.log.clear()
    disks(shop, "db1")
    assert sorted(item["Size"] for item in cloud.volumes.values()) == [8, 40]
    cloud.log.clear()
    disks(shop, "db1")
    assert [action for action, _ in cloud.log if not action.startswith("Describe")] == []
    assert shop.look() == Changes()
    shop.layer("db", volumes=(Volume("/srv", 30), Volume("/log", 5)))
    (problem,) = shop.converge()[0]
    assert problem == (
        "The volume /srv of db1 has 40 GiB, and the stack file says 30: a volume cannot shrink. Write 40 or more; "
        "for a smaller one give it another mount, and move what is on it"
    )
    disks(shop, "db1")
    assert sorted(item["Size"] for item in cloud.volumes.values()) == [8, 40]


def test_a_volume_that_a_later_machine_wants_larger_grows_and_one_that_is_larger_stays(shop, cloud):
    booted(shop, "db1", (Volume("/srv", 20),))
    shop.moved("db1", State.TERMINATING)
    machines.terminate(held(shop, "db1"), shop.provider, REACH)
    for size in (50, 30):
        shop.layer("db", volumes=(Volume("/srv", size),))
        shop.moved("db1", State.REQUESTED)
        boot(shop, "db1")
        assert [item["Size"] for item in cloud.volumes.values()] == [50]
        shop.moved("db1", State.ONLINE, State.TERMINATING)
        machines.terminate(held(shop, "db1"), shop.provider, REACH)


NOT_NOW = ["VolumeModificationRateExceeded", "IncorrectModificationState"]


@pytest.mark.parametrize("code", NOT_NOW)
def test_a_volume_that_aws_does_not_let_grow_for_now_keeps_nobody_from_coming_up(shop, cloud, code):
    booted(shop, "db1", (Volume("/srv", 20),))
    shop.moved("db1", State.TERMINATING)
    machines.terminate(held(shop, "db1"), shop.provider, REACH)
    shop.layer("db", volumes=(Volume("/srv", 40),))
    cloud.faults.append(Fault("ModifyVolume", code, times=2))
    shop.moved("db1", State.REQUESTED)
    boot(shop, "db1")
    assert [disk["mount"] for disk in disks(shop, "db1")[0]] == ["/srv"]
    assert [item["Size"] for item in cloud.volumes.values()] == [20]


@pytest.mark.parametrize("code", NOT_NOW)
def test_it_grows_with_the_first_converge_that_aws_lets_and_a_setup_grows_its_file_system(shop, cloud, code):
    booted(shop, "db1", (Volume("/srv", 20),))
    shop.layer("db", volumes=(Volume("/srv", 40),))
    cloud.faults.append(Fault("ModifyVolume", code, times=2))
    disks(shop, "db1")
    (change,) = shop.look().changes
    assert (change.shown, change.before, change.after) == ("volume /srv of db1", ("20 GiB",), ("40 GiB",))
    (problem,) = shop.converge()[0]
    assert problem.startswith("volume /srv of db1: AWS did not make a volume larger")
    assert code in problem
    (entry,) = shop.store.journal("shop", kinds=("resource failure",))
    assert (entry.instance, entry.text) == ("db1", problem)
    assert shop.store.snapshot("shop").commands == ()
    assert shop.converge() == ((), ["update volume /srv of db1"], ["ModifyVolume"])
    assert [item["Size"] for item in cloud.volumes.values()] == [40]
    (setup,) = shop.store.snapshot("shop").commands
    assert (setup.instance, setup.event, setup.reason) == ("db1", "setup", "volume /srv of db1: larger by now")
    assert shop.converge() == ((), [], [])


def test_a_volume_that_aws_does_not_let_grow_at_all_says_why(shop, cloud):
    booted(shop, "db1", (Volume("/srv", 20),))
    shop.layer("db", volumes=(Volume("/srv", 40),))
    cloud.faults.append(Fault("ModifyVolume", "InvalidParameterValue"))
    with pytest.raises(ProviderError, match="InvalidParameterValue"):
        disks(shop, "db1")
    disks(shop, "db1")
    assert [item["Size"] for item in cloud.volumes.values()] == [40]
