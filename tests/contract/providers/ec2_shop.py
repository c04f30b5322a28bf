"""A stack on the stand-in of EC2 with its store and its provider, and converges of its resources."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.definition.model import Instance, Layer, ProviderChoice
from stackward.definition.resources import BalancerType, LoadBalancer
from stackward.engine import resourcing
from stackward.engine.hold import HeldInstance, Hold
from stackward.lifecycle.states import State
from stackward.providers.base import MachineRequest
from stackward.providers.ec2.provider import Ec2Provider
from stackward.state.records import MachineRecord
from stackward.state.store import open_store
from tests.ec2_stand_in.cloud import Cloud
from tests.ec2_stand_in.connecting import connected
from tests.ec2_stand_in.server import standing_in
from tests.stacks import small_stack

OPTIONS = {"region": "eu-test-1", "image": "ami-0123456789abcdef0", "instance_types": ["m5.large"]}
FRONT = LoadBalancer(BalancerType.TARGET_GROUP, "shop-web", 8000)
CLASSIC = LoadBalancer(BalancerType.CLASSIC, "shop")
MUTATING = ("Create", "Register", "Deregister", "Authorize", "Revoke", "Delete", "Modify", "Associate", "Release")
UP = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def held(shop, name):
    """The instance as the test's run holds it."""
    hold = Hold(shop.run, shop.store.snapshot("shop").instances[name].epoch, "test")
    return HeldInstance(shop.store, shop.stack, name, hold, lambda: NOW)


@pytest.fixture(scope="module")
def region():
    """A cloud that is served, and a connection to it: its clients take long to make."""
    made = Cloud()
    with standing_in(made):
        yield made, connected()


@pytest.fixture
def cloud(region):
    made: Cloud = region[0]
    made.__init__()  # type: ignore[misc]
    made.balancers.add_group("shop-web", port=80)
    made.balancers.add_classic("shop")
    return made


class Shop:
    """A stack, its store and its provider."""

    def __init__(self, folder, cloud, connection):
        self.cloud = cloud
        self.store = open_store(f"sqlite:///{folder}/state.db")
        self.pauses: list[float] = []
        connection.pause = self.pauses.append
        self.provider = Ec2Provider(OPTIONS, str(folder), connection=connection)
        self.stack = replace(
            small_stack(apps=False),
            provider=ProviderChoice("ec2", OPTIONS),
            layers={"web": Layer("web", load_balancers=(FRONT, CLASSIC)), "db": Layer("db")},
            instances={"web1": Instance("web1", ("web",)), "web2": Instance("web2", ("web",))},
        )
        self.run = resourcing.begin(self.store, self.stack, "text", OWNER, "converge", NOW)

    def layer(self, name, **changes):
        layers = {**self.stack.layers, name: replace(self.stack.layers[name], **changes)}
        self.stack = replace(self.stack, layers=layers)

    def online(self, name):
        place = {"image": OPTIONS["image"], "type": "m5.large", "market": "on-demand"}
        machine = self.provider.create(MachineRequest("shop", name, f"t-{name}", "ssh-ed25519 A", {}, placement=place))
        with self.store.transaction("shop") as transaction:
            transaction.put_instance(name, self.stack.instances[name].layers, NOW)
            epoch = transaction.claim(name, self.run, "test", NOW, NOW).epoch
            record = MachineRecord(f"t-{name}", 1, {"provider": "ec2", "options": {}}, machine.id, machine.address)
            transaction.set_machine(name, epoch, record)
            for state in UP:
                transaction.advance(name, epoch, state, NOW, actor="test", text="", run=self.run)
            transaction.release(name, epoch)
        return machine.id

    def moved(self, name, *states):
        with self.store.transaction("shop") as transaction:
            epoch = transaction.claim(name, self.run, "test", NOW, NOW).epoch
            for state in states:
                transaction.advance(name, epoch, state, NOW, actor="test", text="", run=self.run)
            transaction.release(name, epoch)

    def look(self, **given):
        store = self.store
        return resourcing.look(
            self.stack, store.resources("shop"), lambda: store.snapshot("shop"), lambda: self.provider, **given
        )

    def converge(self, **given):
        """One round: what went wrong, what was done, and the mutating calls that it took."""
        self.cloud.log.clear()
        done = []
        actor = resourcing.Actor("test", self.run)
        problems = resourcing.carry_out(
            self.store, self.stack, self.provider, self.look(**given), actor, lambda: NOW, done.append
        )
        calls = [action for action, _ in self.cloud.log if action.startswith(MUTATING)]
        return problems, [f"{item.verb.value} {item.shown}" for item in done], calls


class OWNER:
    host, process, started, user = "host/boot", 1, 1.0, "anna"


@pytest.fixture
def shop(tmp_path, cloud, region):
    made = Shop(tmp_path, cloud, region[1])
    yield made
    made.store.close()
