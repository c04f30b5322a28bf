"""Whoever may write tags on EC2 does not become the machine of an instance by it, nor change what its SSH must show."""

from __future__ import annotations

import base64
import dataclasses

import pytest

from stackward.errors import ProviderError
from stackward.providers.host_keys import fingerprint
from tests.ec2_stand_in.hypervisor import HOST_KEY

pytestmark = pytest.mark.aws

FORGED = f"ssh-ed25519 {base64.b64encode(b'forged').decode()}"


@pytest.fixture
def slot(slot):
    slot.options["market"] = "on-demand"
    return slot


def tags_of(cloud, machine_id):
    return {tag["Key"]: tag["Value"] for tag in cloud.instances[machine_id]["Tags"]}


def launched_by_another(cloud, slot):
    """An instance of somebody else in the same account."""
    pattern = cloud.instances[slot.machine.id]
    cloud.instances["i-other"] = {**pattern, "InstanceId": "i-other", "ClientToken": "theirs", "Tags": []}
    return "i-other"


def stopped_and_started(slot):
    slot.provider.stop(slot.machine.id)
    slot.boot()


def test_host_keys_are_read_once_and_kept_in_the_state(slot, cloud):
    slot.boot()
    assert slot.machine.host_keys == (HOST_KEY,)
    assert not any("host" in key for key in tags_of(cloud, slot.machine.id))
    cloud.log.clear()
    slot.pins.clear()
    stopped_and_started(slot)
    assert slot.pins == {slot.machine.address: (HOST_KEY,)}
    assert "GetConsoleOutput" not in {action for action, _ in cloud.log}


def test_a_host_key_in_a_tag_changes_nothing(slot, cloud):
    slot.boot()
    cloud.tag(slot.machine.id, {"stackward:host-keys": FORGED})
    stopped_and_started(slot)
    assert slot.pins == {slot.machine.address: (HOST_KEY,)}


def test_a_machine_that_shows_another_host_key_is_an_alarm(slot):
    slot.boot()
    slot.shown = (FORGED,)
    with pytest.raises(ProviderError) as raised:
        stopped_and_started(slot)
    said = str(raised.value)
    assert said.startswith("ALARM: web1 at ")
    assert fingerprint(FORGED) in said
    assert fingerprint(HOST_KEY) in said
    assert "terminate the instance and start it again" in said
    assert slot.machine.host_keys == (HOST_KEY,)
    assert slot.pins == {slot.machine.address: (HOST_KEY,)}


def test_the_keys_of_a_state_of_an_older_version_come_from_what_this_controller_had_pinned(slot, cloud):
    slot.boot()
    hold = slot.hold()
    with slot.store.transaction("shop") as transaction:
        transaction.set_machine("web1", hold.epoch, dataclasses.replace(slot.machine, host_keys=()))
    cloud.tag(slot.machine.id, {"stackward:host-keys": FORGED})
    cloud.log.clear()
    slot.boot()
    assert slot.machine.host_keys == (HOST_KEY,)
    assert "GetConsoleOutput" not in {action for action, _ in cloud.log}


def test_a_replacement_has_keys_of_its_own(slot):
    slot.boot()
    hold = slot.hold()
    with slot.store.transaction("shop") as transaction:
        transaction.set_machine("web1", hold.epoch, dataclasses.replace(slot.machine, host_keys=(FORGED,)))
    slot.terminate()
    slot.boot()
    assert slot.machine.host_keys == (HOST_KEY,)


def test_an_instance_that_bears_the_tags_of_ours_is_not_taken_for_it(slot, cloud):
    slot.boot()
    other = launched_by_another(cloud, slot)
    cloud.tag(other, tags_of(cloud, slot.machine.id))
    stopped_and_started(slot)
    assert slot.machine.id != other
    cloud.untag(slot.machine.id)
    stopped_and_started(slot)
    assert slot.machine.id != other
    slot.terminate()
    with pytest.raises(ProviderError, match=r"made for the token theirs.*if it is none of this stack"):
        slot.boot()


def test_an_instance_that_bears_the_tags_of_ours_is_not_terminated_in_its_place(slot, cloud):
    slot.boot()
    other = launched_by_another(cloud, slot)
    cloud.tag(other, tags_of(cloud, slot.machine.id))
    slot.terminate()
    assert [item["InstanceId"] for item in cloud.alive()] == [other]
