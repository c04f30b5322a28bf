"""Load on simulated machines, by the real engine and a real store: each tick is a process of its own.

The work is shared by those who are online; what they are busy is measured, decided by, and acted on.
"""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from stackward.definition.load_scaling import DEFAULT, DOWN, UP, LoadScaling, Mode
from stackward.definition.model import Instance, InstanceType, Layer, Pool, SourceChoice
from stackward.engine import collecting, scaling
from stackward.engine.requests import request_state
from stackward.errors import StackwardError
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.metrics.sample import Sample
from stackward.observe.metrics.base import Answer
from stackward.planner import Scope
from stackward.state.records import Maintenance
from stackward.state.store import open_store
from tests.simulation.fuse import Fleet, Fuse, Killed
from tests.stacks import small_stack

pytestmark = pytest.mark.simulation

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = replace(
    DEFAULT,
    up=replace(UP, hold=120.0, wait=120.0),
    down=replace(DOWN, hold=300.0, wait=300.0),
    minimum=2,
    maximum=5,
    warm_up=60.0,
)


def stack_of(folder, policy: LoadScaling = POLICY, instances=6):
    names = {f"web{n}": InstanceType.ALWAYS if n == 1 else InstanceType.LOAD for n in range(1, instances + 1)}
    return replace(
        small_stack(apps=False),
        data=str(folder / "data"),
        layers={"web": Layer("web", load_scaling=policy)},
        instances={name: Instance(name, ("web",), kind) for name, kind in names.items()},
        metrics={"given": SourceChoice("given", "given")},
    )


@dataclass
class Given:
    """The source of what a layer measures when it has so much to do."""

    layered: Layered
    work: float

    def ask(self, question):
        return self.layered.ask(question, self.work)


@dataclass
class Layered:
    """A stack whose online instances share some work (in instances' worth), minute by minute."""

    folder: object
    policy: LoadScaling = POLICY
    fleet: Fleet = field(init=False)
    now: datetime = MONDAY
    silent: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()

    def __post_init__(self):
        self.fleet = Fleet(self.folder)
        self.stack = stack_of(self.folder, self.policy)
        self.fleet.run(self.starting("web1"), self.now)

    def starting(self, *names):
        def act(conductor):
            request_state(
                conductor.store, self.stack, names, Desired.ONLINE,
                initiator=Initiator.USER, reason="test", actor="test", now=self.now,
            )  # fmt: skip
            conductor.converge(self.stack, Scope(frozenset(names)))

        return act

    @property
    def online(self):
        return sorted(
            name for name, record in self.fleet.store.snapshot("shop").instances.items() if record.state is State.ONLINE
        )

    def ask(self, question, work):
        busy = 100 * work / max(1, len(question.targets))
        samples = [
            Sample(target.instance, "cpu", question.at, min(100.0, busy), "given")
            for target in question.targets
            if target.instance not in self.silent
        ]
        return Answer(tuple(samples))

    def tick(self, work, fuse=None, minutes=1):
        """What the playbook scale does, a minute later: measure, decide, converge. Returns who is online after it."""
        for _ in range(minutes):
            self.now += MINUTE
            self.fleet.run(lambda conductor: self.act(conductor, work), self.now, fuse)
        return self.online

    def act(self, conductor, work):
        def on_host(instance, begun):
            conductor.on_host(instance, begun)
            if instance in self.broken:
                raise StackwardError(f"{instance} is broken")

        collecting.collect(conductor.store, self.stack, lambda _choice: Given(self, work), lambda: self.now)
        planned = scaling.preview(conductor.store, self.stack, self.now)
        decision = scaling.request_scaling(conductor.store, self.stack, actor="scale", now=self.now)
        # What a plan says is what is done, where nothing has changed in between.
        assert decision == planned.decision
        names = scaling.movable(decision, conductor.store.snapshot("shop"), self.now)
        replace(conductor, on_host=on_host).converge(self.stack, Scope(frozenset(names)))

    def reopened(self):
        """The controller is started anew: nothing that is only in memory survives."""
        self.fleet.store.close()
        self.fleet.store = open_store(f"sqlite:///{self.folder}/state.db")


def entries(layered, kind="request"):
    return [
        (entry.instance, entry.data["desired"], entry.data["initiated_by"])
        for entry in layered.fleet.store.journal("shop", kinds=(kind,), limit=10_000)
        if entry.data["initiated_by"] != "user"
    ]


def test_load_starts_instances_up_to_the_most_and_its_end_stops_them_down_to_the_fewest(tmp_path):
    layered = Layered(tmp_path)
    assert layered.tick(0.1) == ["web1", "web2"]
    layered.tick(6.0, minutes=40)
    assert layered.online == ["web1", "web2", "web3", "web4", "web5"]
    layered.tick(0.1, minutes=60)
    assert layered.online == ["web1", "web2"]
    assert {initiator for _, _, initiator in entries(layered)} == {"auto-scaling"}
    assert [name for name, desired, _ in entries(layered) if desired == "stopped"] == ["web5", "web4", "web3"]


def test_whoever_reads_why_finds_what_it_was_made_from(tmp_path):
    layered = Layered(tmp_path)
    layered.tick(6.0, minutes=8)
    [first, *_] = layered.fleet.store.evaluations("shop", "web", 10)
    assert first.data["reason"] == "1 of at least 2"
    acted = [item.data for item in layered.fleet.store.evaluations("shop", "web", 100) if item.data["starts"]]
    assert acted[1]["starts"] == ["web3"]
    assert acted[1]["reason"].startswith("cpu > 80")
    assert acted[1]["readings"][0]["mean"] == 100.0
    request = layered.fleet.store.journal("shop", instance="web3", kinds=("request",))[0]
    assert request.text == "to be online: load of web: cpu > 80: it is 100"
    assert request.data["load"] == ["web"]


def test_a_policy_that_only_recommends_moves_nothing_and_is_remembered_all_the_same(tmp_path):
    layered = Layered(tmp_path, replace(POLICY, mode=Mode.RECOMMEND))
    layered.tick(6.0, minutes=10)
    assert layered.online == ["web1"]
    recommended = [item.data for item in layered.fleet.store.evaluations("shop", "web", 100) if item.data["starts"]]
    assert recommended[0]["starts"] == ["web2"]
    assert not recommended[0]["enforced"]


def test_a_second_tick_in_the_same_minute_writes_nothing(tmp_path):
    """I28."""
    layered = Layered(tmp_path)
    for work in (0.1, 6.0, 6.0, 6.0, 6.0, 0.1, 0.1):
        layered.tick(work)
        store = layered.fleet.store

        def known(store=store):
            return (
                store.snapshot("shop"),
                store.journal("shop", limit=10_000),
                store.load_memories("shop"),
                store.evaluations("shop", "web", 1000),
                len(layered.fleet.provider.calls),
            )

        before = known()
        layered.fleet.run(lambda conductor, work=work: layered.act(conductor, work), layered.now)
        assert known() == before


def works(count, seed=3):
    chance = random.Random(seed)
    return [3.0 + 2.9 * math.sin(minute / 40) + chance.uniform(-0.3, 0.3) for minute in range(count)]


def test_a_controller_that_is_started_anew_each_minute_decides_as_one_that_runs_on(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    one, other = Layered(tmp_path / "one"), Layered(tmp_path / "other")
    for work in works(90):
        other.reopened()
        assert one.tick(work) == other.tick(work)
    assert entries(one) == entries(other)
    assert len(entries(one)) > 2


@pytest.mark.parametrize("seed", range(2))
def test_ticks_that_are_killed_anywhere_or_left_out_keep_the_bounds_and_lose_nothing(tmp_path, seed):
    chance = random.Random(seed)
    layered = Layered(tmp_path, replace(POLICY, reversals=100))
    for work in works(70, seed):
        if chance.random() < 0.15:
            layered.now += MINUTE
            continue
        try:
            layered.tick(work, Fuse(chance.choice([None, None, *range(20)])))
        except Killed:
            continue
        assert len(layered.online) <= POLICY.maximum
        assert "web1" in layered.online
    layered.tick(6.0, minutes=40)
    assert layered.online == ["web1", "web2", "web3", "web4", "web5"]
    layered.tick(0.1, minutes=60)
    assert layered.online == ["web1", "web2"]
    machines = [machine.instance for machine in layered.fleet.provider.machines.values()]
    assert len(machines) == len(set(machines))


def test_an_instance_whose_metrics_are_missing_keeps_the_others_from_being_stopped(tmp_path):
    layered = Layered(tmp_path)
    layered.tick(6.0, minutes=40)
    layered.silent = frozenset({"web3"})
    layered.tick(0.1, minutes=60)
    assert len(layered.online) == 5
    memory = layered.fleet.store.load_memories("shop")["web"]
    assert "cpu is not fully known: 1 silent" in [brake["why"] for brake in memory.evaluation["brakes"]]
    layered.silent = frozenset()
    layered.tick(0.1, minutes=60)
    assert len(layered.online) == 2


def test_one_that_is_held_is_neither_stopped_nor_started(tmp_path):
    layered = Layered(tmp_path)
    layered.tick(6.0, minutes=40)
    with layered.fleet.store.transaction("shop") as write:
        write.take_aside(Maintenance("web5", "new disk", "anna", layered.now))
        write.take_aside(Maintenance("web6", "new disk", "anna", layered.now))
    layered.tick(0.1, minutes=80)
    assert layered.online == ["web1", "web5"]


def test_nobody_is_stopped_while_a_deploy_runs(tmp_path):
    layered = Layered(tmp_path)
    layered.tick(6.0, minutes=40)
    with layered.fleet.store.transaction("shop") as write:
        write.put_instance("elsewhere", ("web",), layered.now)
        run = write.begin_run("deploy", "elsewhere", 1, 1.0, "anna", layered.now)
        claim = write.claim("web2", run, "deploy#1", layered.now, layered.now + timedelta(hours=3))
        command = write.ask(
            "web2", "deploy", {}, batch=None, initiator=Initiator.USER, reason="test", automatic=False, now=layered.now
        )
        write.begin_command(command.id, claim.epoch, run, layered.now)
    layered.tick(0.1, minutes=40)
    assert len(layered.online) == 5
    evaluated = layered.fleet.store.load_memories("shop")["web"].evaluation
    assert "deploy runs on web2" in [brake["why"] for brake in evaluated["brakes"]]


def test_one_that_cannot_be_set_up_is_passed_over_and_tried_again_later(tmp_path):
    layered = Layered(tmp_path)
    layered.broken = frozenset({"web3"})
    layered.tick(6.0, minutes=40)
    assert set(layered.online) == {"web1", "web2", "web4", "web5"}
    tried = [name for name, desired, _ in entries(layered) if (name, desired) == ("web3", "online")]
    assert 1 <= len(tried) <= 5


def test_looks_at_the_same_moment_ask_once_and_remember_once(tmp_path):
    layered = Layered(tmp_path)
    layered.tick(6.0, minutes=3)
    layered.now += MINUTE
    stores = [open_store(f"sqlite:///{tmp_path}/state.db") for _ in range(5)]

    def one(store):
        collecting.collect(store, layered.stack, lambda _choice: Given(layered, 6.0), lambda: layered.now)
        return scaling.request_scaling(store, layered.stack, actor="scale", now=layered.now)

    before = len(entries(layered))
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(one, stores))
    asked = entries(layered)[before:]
    assert len(asked) == len({name for name, _, _ in asked}) <= POLICY.up.step
    looked = [item.data for item in layered.fleet.store.evaluations("shop", "web", 100) if item.data["starts"]]
    assert len(looked) == len(entries(layered))


def pooled(tmp_path, warm):
    layered = Layered(tmp_path)
    instances = {
        name: replace(instance, pooled=instance.type is InstanceType.LOAD)
        for name, instance in layered.stack.instances.items()
    }
    layers = {"web": replace(layered.stack.layers["web"], pool=Pool(warm))}
    layered.stack = replace(layered.stack, instances=instances, layers=layers)
    return layered


def machines(layered):
    return sorted(machine.instance for machine in layered.fleet.provider.machines.values())


@pytest.mark.parametrize(("warm", "left"), [(0, ["web1", "web2"]), (2, ["web1", "web2", "web3", "web4"])])
def test_a_pool_makes_machines_and_removes_those_that_are_not_kept_warm(tmp_path, warm, left):
    layered = pooled(tmp_path, warm)
    layered.tick(6.0, minutes=40)
    assert machines(layered) == ["web1", "web2", "web3", "web4", "web5"]
    layered.tick(0.1, minutes=60)
    assert layered.online == ["web1", "web2"]
    assert machines(layered) == left
    before = len(layered.fleet.provider.calls)
    layered.tick(0.1, minutes=3)
    assert len(layered.fleet.provider.calls) == before


def test_those_of_a_pool_that_are_warm_start_first(tmp_path):
    layered = pooled(tmp_path, 1)
    layered.tick(6.0, minutes=40)
    layered.tick(0.1, minutes=60)
    known = layered.fleet.store.snapshot("shop").instances
    assert known["web3"].state is State.STOPPED
    assert known["web4"].state is State.TERMINATED
    token = known["web3"].machine.token
    layered.tick(6.0, minutes=8)
    assert "web3" in layered.online
    assert layered.fleet.store.snapshot("shop").instances["web3"].machine.token == token
