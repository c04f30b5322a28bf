"""One instance of a stack on the stand-in of EC2, booted the engine's way, with everything that survives a kill."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from stackward.definition.model import ProviderChoice
from stackward.engine import machines
from stackward.engine.hold import HeldInstance, Hold
from stackward.engine.reach import Reach
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.providers.ec2.connection import Connection
from stackward.providers.ec2.provider import Ec2Provider
from stackward.state.records import MachineRecord, Request
from stackward.state.store import open_store
from tests.ec2_stand_in.cloud import IMAGE, Cloud
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OPTIONS = {
    "region": "eu-test-1",
    "image": IMAGE,
    "instance_types": ["m5.large", "m6i.large"],
    "subnets": ["subnet-a", "subnet-b"],
    "market": ["spot", "on-demand"],
    "security_groups": ["web"],
}


class Killed(BaseException):
    """The controller is killed."""


class Slot:
    """One instance of a stack, whose machine the engine makes, with everything that survives a kill of it."""

    def __init__(self, cloud: Cloud, data: str, connection: Connection) -> None:
        self.cloud, self.data, self.connection = cloud, data, connection
        self.options: dict[str, object] = dict(OPTIONS)
        self.store = open_store(f"sqlite:///{data}/state.db")
        self.seconds = itertools.count()
        self.runs = itertools.count(1)
        self.pins: dict[str, tuple[str, ...]] = {}
        self.shown: tuple[str, ...] = ()
        """The host keys that its machine shows, () for those that are pinned."""

    def now(self) -> datetime:
        return NOW + timedelta(seconds=next(self.seconds))

    @property
    def stack(self):
        return small_stack({"web1": ("web",)}, data=self.data, apps=False, provider=ProviderChoice("ec2", self.options))

    @property
    def provider(self) -> Ec2Provider:
        return Ec2Provider(self.options, self.data, connection=self.connection, clock=lambda: next(self.seconds))

    def hold(self) -> Hold:
        now = self.now()
        with self.store.transaction("shop") as transaction:
            if "web1" not in transaction.state.instances:
                transaction.put_instance("web1", ("web",), now)
                transaction.request("web1", Request(Desired.ONLINE, Initiator.USER, "asked", now))
            run = transaction.begin_run("start", "ctl", next(self.runs), 1.0, "anna", now)
            claim = transaction.claim("web1", run, "start on ctl", now, now + timedelta(seconds=120))
            state = transaction.state.instances["web1"].state
            if state in (State.STOPPED, State.START_FAILED, State.TERMINATED):
                transaction.advance("web1", claim.epoch, State.REQUESTED, now, actor="test", run=run)
        return Hold(run, claim.epoch, "start on ctl")

    def knows(self, name: str, token: str) -> None:
        """The state has asked for the machine of another instance with this token."""
        hold = self.hold()
        with self.store.transaction("shop") as transaction:
            transaction.put_instance(name, ("web",), self.now())
            epoch = transaction.claim(name, hold.run, "test", self.now(), self.now()).epoch
            transaction.set_machine(name, epoch, MachineRecord(token, 1, {"provider": "ec2", "options": {}}))

    def boot(self, provider=None, store=None) -> None:
        machines.boot(self.held(store), provider or self.provider, self.reach)

    def held(self, store=None, stack=None) -> HeldInstance:
        """The instance as a run of its own holds it, in the store and by the stack file that are given."""
        return HeldInstance(store or self.store, stack or self.stack, "web1", self.hold(), self.now)

    @property
    def reach(self) -> Reach:
        return Reach(
            lambda: "ssh-ed25519 AAAA stackward",
            self._pin,
            lambda address, _port: self.pins.pop(address, None),
            lambda *_: None,
            lambda address, _port: self.pins.get(address, ()),
            lambda _name, _address, _port: self.shown,
        )

    def _pin(self, address, port, keys):
        self.pins[address] = keys

    def terminate(self) -> None:
        held = self.held()
        hold = held.hold
        with self.store.transaction("shop") as transaction:
            transaction.advance("web1", hold.epoch, State.TERMINATING, self.now(), actor="test", run=hold.run)
            transaction.advance("web1", hold.epoch, State.SHUTTING_DOWN, self.now(), actor="test", run=hold.run)
        machines.terminate(held, self.provider, self.reach)

    @property
    def machine(self):
        return self.store.snapshot("shop").instances["web1"].machine

    def has_one_machine(self) -> None:
        """One machine that the state knows, and none that it does not."""
        assert [item["InstanceId"] for item in self.cloud.alive()] == [self.machine.id]
        assert self.pins[self.machine.address][0].startswith("ssh-ed25519 ")
