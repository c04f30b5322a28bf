"""The engine's way of launching against a cloud where everything goes wrong: one machine a slot, and no orphan.

The numbers are those of the list of faults that the simulations go by.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.definition.model import Layer, ProviderChoice, Volume
from stackward.engine import machines
from stackward.errors import ProviderError
from stackward.providers.base import MachineRequest, MachineState
from tests.contract.providers.ec2_slot import OPTIONS, Killed
from tests.ec2_stand_in.cloud import STORE_IMAGE, Cloud
from tests.ec2_stand_in.faults import Fault, How
from tests.stacks import small_stack

pytestmark = pytest.mark.aws

FAULTS = {*range(1, 5), *range(15, 31)}
"""The faults of a cloud: killed around a call (1 to 4), and what AWS does wrong (15 to 30)."""


@pytest.fixture(autouse=True)
def nothing_is_orphaned(slot, cloud):
    """However a test ends, no machine of the instance costs money that its state does not know."""
    yield
    record = slot.store.snapshot("shop").instances.get("web1")
    known = record.machine.id if record is not None and record.machine is not None else None
    alive = [item for item in cloud.alive() if {"Key": "stackward:instance", "Value": "web1"} in item["Tags"]]
    assert {item["InstanceId"] for item in alive} <= {known}
    assert len(alive) <= 1


def test_each_fault_of_a_cloud_has_a_test_that_names_it():
    named = {int(part[1:]) for name in globals() for part in name.split("_") if part[:1] == "f" and part[1:].isdigit()}
    assert named == FAULTS


def calls(cloud: Cloud, action: str) -> int:
    return sum(name == action for name, _ in cloud.log)


class Dying:
    """A store or provider that is killed in the middle of one of its methods."""

    def __init__(self, inner, method: str, *, before: bool, at: int = 1) -> None:
        self.inner, self.method, self.before, self.left = inner, method, before, at

    def __getattr__(self, name):
        found = getattr(self.inner, name)
        if name != self.method:
            return found

        def call(*arguments, **named):
            self.left -= 1
            if self.left == 0 and self.before:
                raise Killed
            result = found(*arguments, **named)
            if self.left == 0:
                raise Killed
            return result

        return call


def test_a_launch_is_tagged_encrypted_and_takes_tokens_only_for_its_metadata(slot, cloud):
    slot.boot()
    slot.has_one_machine()
    (launch,) = [given for name, given in cloud.log if name == "RunInstances"]
    assert launch["ClientToken"] == slot.machine.token
    assert launch["MetadataOptions"]["HttpTokens"] == "required"
    assert launch["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert {spec["ResourceType"] for spec in launch["TagSpecifications"]} == {"instance", "volume"}
    assert launch["NetworkInterfaces"][0]["Groups"] == ["sg-0web"]
    assert "ssh-ed25519 AAAA" in cloud.user_data[slot.machine.id]


@pytest.mark.parametrize("at", [1, 2])
def test_f1_f2_killed_before_the_intent_or_between_it_and_the_call(slot, at):
    wrapped = Dying(slot.store, "transaction", before=True, at=at)
    with pytest.raises(Killed):
        slot.boot(store=wrapped)
    slot.boot()
    slot.has_one_machine()


def test_f3_killed_after_the_call_and_before_its_answer(slot, cloud):
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=False))
    assert slot.machine.id is None
    assert len(cloud.alive()) == 1
    slot.boot()
    slot.has_one_machine()


def test_f4_killed_after_the_answer_and_before_it_was_saved(slot):
    with pytest.raises(Killed):
        slot.boot(store=Dying(slot.store, "transaction", before=True, at=2))
    slot.boot()
    slot.has_one_machine()


def test_f3_the_answer_lost_and_the_machine_unwanted_by_now(slot, cloud):
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=False))
    slot.terminate()
    assert cloud.alive() == []


def test_f15_no_capacity_is_followed_by_the_next_place_with_a_new_token(slot, cloud):
    cloud.no_room = {"spot", ("m5.large", "eu-test-1a", "on-demand")}
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.parameters["placement"]["market"] == "on-demand"
    assert slot.machine.parameters["placement"]["subnet"] == "subnet-b"
    launches = [given for name, given in cloud.log if name == "RunInstances"]
    assert len({given["ClientToken"] for given in launches}) == len(launches) == slot.machine.attempt
    cloud.log.clear()
    slot.terminate()
    slot.boot()
    assert calls(cloud, "RunInstances") == 1


def test_f15_no_capacity_anywhere_says_so_and_a_later_start_finds_it(slot, cloud):
    cloud.no_room = {"m5.large", "m6i.large"}
    with pytest.raises(ProviderError, match=r"m6i\.large on-demand in subnet-b.*no other place left"):
        slot.boot()
    assert cloud.alive() == []
    cloud.no_room = set()
    slot.boot()
    slot.has_one_machine()


def test_f15_no_capacity_for_one_that_was_stopped_says_so_and_it_starts_later(slot, cloud):
    slot.options["market"] = "on-demand"
    slot.boot()
    before = slot.machine.id
    cloud.stopped_outside(before)
    cloud.no_room = {"m5.large"}
    with pytest.raises(ProviderError, match=r"sufficient capacity.*Start web1 again later; or terminate it"):
        slot.boot()
    assert calls(cloud, "StartInstances") == 1
    slot.has_one_machine()
    cloud.no_room = set()
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.id == before


@pytest.mark.parametrize("code", ["Server.InsufficientInstanceCapacity", "Server.SpotInstanceTermination"])
def test_f15_no_capacity_that_is_found_out_after_the_launch_is_followed_by_the_next_place(slot, cloud, code):
    cloud.dies_at_boot, cloud.dies_of = 3, f"{code}: there is no room"
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.attempt == 4
    placements = [(given["InstanceType"], *_where(given)) for name, given in cloud.log if name == "RunInstances"]
    assert len(set(placements)) == 4
    cloud.log.clear()
    slot.terminate()
    slot.boot()
    assert calls(cloud, "RunInstances") == 1


def _where(launch):
    market = launch.get("InstanceMarketOptions", {}).get("MarketType", "on-demand")
    return market, launch["NetworkInterfaces"][0]["SubnetId"]


def test_f15_killed_between_two_places(slot, cloud):
    cloud.no_room = {"spot"}
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=True, at=3))
    slot.boot()
    slot.has_one_machine()


def test_f16_one_launch_asks_for_one_machine_so_nothing_is_fulfilled_in_part(slot, cloud):
    slot.boot()
    assert [(given["MinCount"], given["MaxCount"]) for name, given in cloud.log if name == "RunInstances"] == [(1, 1)]
    slot.has_one_machine()


def test_f17_a_quota_counts_as_no_room(slot, cloud):
    cloud.faults = [Fault("RunInstances", "VcpuLimitExceeded")]
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.attempt == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault("RunInstances", "RequestLimitExceeded", 503, 3),
        Fault("DescribeInstances", "RequestLimitExceeded", 503, 3),
        Fault("RunInstances", "InternalError", 500, 1, How.AFTER),
        Fault("RunInstances", "Unavailable", 503, 2, How.AFTER),
        Fault("RunInstances", times=1, how=How.LOST),
    ],
    ids=["f18 launch", "f18 describe", "f19 500", "f19 503", "f20 lost"],
)
def test_f18_f19_f20_throttled_or_the_answer_lost(slot, cloud, fault):
    cloud.faults = [Fault(fault.action, fault.code, fault.status, fault.times, fault.how)]
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.attempt == 1


def test_f20_what_an_attempt_launched_that_was_said_to_have_found_no_room_goes_with_the_instance(slot, cloud):
    """The answer was lost, and the one to the same again says that there is no room: two attempts, one machine."""
    cloud.faults = [
        Fault("RunInstances", "InternalError", 500, how=How.AFTER),
        Fault("RunInstances", "InsufficientInstanceCapacity", 500),
    ]
    with pytest.raises(ProviderError, match=r"web1 has a machine already: i-.* Terminate it"):
        slot.boot()
    slot.terminate()
    assert cloud.alive() == []
    slot.boot()
    slot.has_one_machine()


def test_f21_descriptions_miss_what_was_launched(slot, cloud):
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=False))
    cloud.unseen = 3
    slot.boot()
    slot.has_one_machine()


def test_f21_what_was_launched_is_not_known_yet_where_it_is_to_be_terminated(slot, cloud):
    slot.boot()
    cloud.unseen = 3
    slot.terminate()
    assert cloud.unseen == 0
    assert cloud.alive() == []


def test_f21_what_was_launched_is_not_described_yet_where_its_answer_was_lost_and_it_is_to_be_terminated(slot, cloud):
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=False))
    cloud.unseen = 5
    slot.terminate()
    assert cloud.unseen == 0
    assert cloud.alive() == []


def test_f2_what_was_never_launched_is_looked_for_some_seconds_and_let_be(slot, cloud):
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=True))
    pauses = []
    slot.connection.pause = pauses.append
    slot.terminate()
    assert slot.machine is None
    assert 5 < sum(pauses) < 20


def test_f22_descriptions_show_what_is_gone_as_running(slot, cloud):
    slot.boot()
    cloud.stale = 2
    slot.terminate()
    assert cloud.stale == 0
    assert cloud.alive() == []
    slot.boot()
    slot.has_one_machine()


def test_f23_every_page_is_read(slot, cloud):
    cloud.page = 1
    for number in range(3):
        slot.knows(f"other{number}", f"token-{number}")
        request = MachineRequest("shop", f"other{number}", f"token-{number}", "ssh-ed25519 AAAA", OPTIONS)
        slot.provider.create(replace(request, placement=slot.provider.place(request, ())))
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=False))
    slot.boot()
    assert len(slot.provider.describe("shop")) == 4
    assert calls(cloud, "RunInstances") == 4


def test_f24_a_token_that_was_used_for_something_else_is_an_error(slot, cloud):
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=True))
    cloud.tokens[slot.machine.token] = ("i-other", "something else")
    with pytest.raises(ProviderError, match="other parameters"):
        slot.boot()
    assert cloud.alive() == []


def test_f25_expired_credentials_stop_it_with_advice_and_nothing_is_lost(slot, cloud):
    cloud.faults = [Fault("RunInstances", "RequestExpired", 400, 2)]
    with pytest.raises(ProviderError, match="Renew them and ask again; nothing is lost"):
        slot.boot()
    slot.boot()
    slot.has_one_machine()


def test_f25_credentials_that_were_renewed_meanwhile_are_used(slot, cloud):
    cloud.faults = [Fault("DescribeInstances", "ExpiredToken", 400, 1)]
    slot.boot()
    slot.has_one_machine()


def test_f26_stuck_pending_is_waited_for_again_or_terminated(slot, cloud):
    cloud.stuck = True
    with pytest.raises(ProviderError, match="was to run, and is pending"):
        slot.boot()
    assert len(cloud.alive()) == 1
    slot.terminate()
    assert cloud.alive() == []
    cloud.stuck = False
    slot.boot()
    slot.has_one_machine()


def test_f27_what_dies_at_boot_is_replaced_once(slot, cloud):
    cloud.dies_at_boot = 1
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.attempt == 2


def test_f27_what_dies_at_every_boot_is_given_up_with_the_reason(slot, cloud):
    cloud.dies_at_boot = 9
    with pytest.raises(ProviderError, match="it died at boot"):
        slot.boot()
    assert cloud.alive() == []
    assert calls(cloud, "RunInstances") == 2


def test_f27_what_dies_at_boot_as_its_disk_cannot_be_decrypted_says_what_to_look_at(slot, cloud):
    """AWS says no more than that it is the caller's mistake."""
    cloud.dies_at_boot, cloud.dies_of = 9, "Client.InternalError: Client error on launch"
    with pytest.raises(ProviderError, match=r"Client error on launch\).*kms_key.*KeysOfDisks"):
        slot.boot()
    assert cloud.alive() == []


def test_f28_one_that_is_still_going_holds_up_no_other(slot, cloud):
    """AWS takes a minute or two to end a machine that it takes back."""
    slot.boot()
    first = slot.machine.id
    cloud.instances[first]["State"] = {"Name": "shutting-down"}
    slot.boot()
    assert slot.machine.id != first
    cloud.end(first, "Server.SpotInstanceTermination: Spot instance termination")
    slot.has_one_machine()


def test_f28_a_spot_machine_that_is_being_taken_back_is_said_to_be_going_and_not_to_be_stopped(slot, cloud):
    """One that somebody has stopped is left to a person, and nobody can start this one."""
    slot.boot()
    machine = slot.machine.id
    cloud.instances[machine]["State"] = {"Name": "shutting-down"}
    assert slot.provider.describe("shop")[machine].state is MachineState.TERMINATING


def test_f28_a_spot_machine_that_was_taken_back_is_described_as_gone_and_replaced(slot, cloud):
    slot.boot()
    cloud.end(slot.machine.id, "Server.SpotInstanceTermination: Spot instance termination")
    assert slot.provider.describe("shop") == {}
    slot.terminate()
    slot.boot()
    slot.has_one_machine()


def test_f29_stopped_in_the_console_it_starts_again(slot, cloud):
    slot.boot()
    before = slot.machine.id
    cloud.stopped_outside(before)
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.id == before


def test_f30_without_its_tags_it_is_known_by_its_id_and_tagged_again(slot, cloud):
    slot.boot()
    cloud.untag(slot.machine.id)
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.id in slot.provider.describe("shop")
    cloud.untag(slot.machine.id)
    slot.terminate()
    assert cloud.alive() == []


def test_f30_without_its_tags_before_its_id_was_saved_it_is_known_by_its_token_and_tagged_again(slot, cloud):
    with pytest.raises(Killed):
        slot.boot(provider=Dying(slot.provider, "create", before=False))
    cloud.untag(cloud.alive()[0]["InstanceId"])
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.id in slot.provider.describe("shop")


def test_a_machine_without_a_disk_is_terminated_by_a_stop_and_launched_by_a_start(slot, cloud):
    slot.options = {**OPTIONS, "image": STORE_IMAGE, "market": "on-demand"}
    slot.boot()
    slot.provider.stop(slot.machine.id)
    assert cloud.alive() == []
    slot.boot()
    slot.has_one_machine()
    assert slot.machine.attempt == 2


def test_a_second_look_changes_nothing(slot, cloud):
    slot.boot()
    cloud.log.clear()
    slot.boot()
    assert {name for name, _ in cloud.log} <= {"DescribeInstances", "DescribeAddresses"}


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("image", "ami-nothing", "There is no image ami-nothing"),
        ("image", {"ssm": "/no/such"}, "There is no parameter /no/such in eu-test-1"),
        ("image", {"owner": "self", "name": "ubuntu-*"}, "No image of owner self"),
        ("subnets", ["subnet-x"], "There is no subnet subnet-x"),
        ("security_groups", ["nobody"], "There is no security group nobody"),
    ],
)
def test_what_the_account_does_not_have_is_said_before_anything_is_launched(slot, cloud, option, value, said):
    slot.options = {**OPTIONS, option: value}
    with pytest.raises(ProviderError, match=said):
        slot.boot()
    assert calls(cloud, "RunInstances") == 0


def test_a_volume_keeps_the_machine_in_its_zone(slot, cloud):
    layers = {"web": Layer("web", volumes=(Volume("/srv/data", 20),))}
    stack = small_stack(
        {"web1": ("web",)}, data=slot.data, apps=False, provider=ProviderChoice("ec2", slot.options), layers=layers
    )
    cloud.no_room = {("m5.large", "eu-test-1a", "spot"), ("m5.large", "eu-test-1a", "on-demand")}
    machines.boot(slot.held(stack=stack), slot.provider, slot.reach)
    (volume,) = cloud.volumes.values()
    assert (volume["AvailabilityZone"], volume["Size"], volume["Encrypted"]) == ("eu-test-1b", 20, True)
    cloud.no_room = set()
    first = slot.machine.id
    slot.terminate()
    machines.boot(slot.held(stack=stack), slot.provider, slot.reach)
    assert slot.machine.id != first
    assert [each["InstanceId"] for each in volume["Attachments"]] == [slot.machine.id]
    assert len(cloud.volumes) == 1
