"""Whatever people ask for, whatever fails and wherever runs are killed, a stack ends consistent, and stays so.

Clocks jump, too.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stackward.definition.model import Instance, Stack
from stackward.engine import requests
from stackward.engine.claiming import preview
from stackward.engine.compiling import Begun
from stackward.errors import StackwardError
from stackward.lifecycle.states import FAILED, MEMBERS, Desired, Initiator, State
from stackward.planner import EVERYTHING
from stackward.rollout import due
from stackward.simulator.conductor import Conductor
from tests.simulation.fuse import Fleet, Fuse, Killed, deploy, stack_with_source
from tests.stacks import small_stack

pytestmark = pytest.mark.simulation

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = ("lb1", "web1", "web2", "web3", "db1")
LAYERS = {"lb1": ("lb",), "web1": ("web",), "web2": ("web",), "web3": ("web",), "db1": ("db",)}

names = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)
points = st.one_of(st.none(), st.integers(min_value=0, max_value=120))


class History(RuleBasedStateMachine):
    """People, failures and kills in any order, against one stack."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="stackward-history-"))
        self.fleet = Fleet(self.folder)
        self.now = START
        self.digest = 0
        self.broken: set[str] = set()
        stack = small_stack({name: LAYERS[name] for name in NAMES}, digest="0" * 64)
        self.stack = stack_with_source(stack, self.folder)
        self.app = self.stack.apps["storefront"]
        self.all_layers = self.stack.layers

    def teardown(self) -> None:
        try:
            self.calm_comes()
        finally:
            shutil.rmtree(self.folder)

    def run(self, act: Callable[[Stack, Conductor], object], point: int | None) -> None:
        """One process: it may be killed at a point, and hosts that are broken fail every event."""
        self.now += timedelta(minutes=10)
        try:
            self.fleet.run(lambda conductor: act(self.stack, self._failing(conductor)), self.now, Fuse(point))
        except Killed:
            assert point is not None

    def _failing(self, conductor: Conductor) -> Conductor:
        def on_host(instance: str, begun: Begun) -> None:
            conductor.on_host(instance, begun)
            if instance in self.broken:
                raise StackwardError(f"{instance} is broken")

        return replace(conductor, on_host=on_host)

    @rule(chosen=names, desired=st.sampled_from([Desired.ONLINE, Desired.ONLINE, Desired.STOPPED]), point=points)
    def somebody_starts_or_stops(self, chosen: list[str], desired: Desired, point: int | None) -> None:
        def act(stack: Stack, conductor: Conductor) -> None:
            here = [name for name in chosen if name in stack.instances]
            requests.request_state(
                conductor.store, stack, here, desired,
                initiator=Initiator.USER, reason="asked", actor="test", now=self.now,
            )  # fmt: skip
            conductor.converge(stack)

        self.run(act, point)

    @rule(chosen=names, event=st.sampled_from(["setup", "configure", "deploy", "undeploy"]), point=points)
    def somebody_asks_for_an_event(self, chosen: list[str], event: str, point: int | None) -> None:
        def act(stack: Stack, conductor: Conductor) -> None:
            here = [name for name in chosen if name in stack.instances]
            if event in ("deploy", "undeploy"):
                if "storefront" not in stack.apps:
                    return
                here = [name for name in here if "web" in stack.instances[name].layers]
            if event == "deploy":
                deploy(conductor, stack, here, self.now)
            else:
                arguments = {"app": "storefront"} if event == "undeploy" else {}
                requests.request_event(
                    conductor.store, stack, here, event, arguments, reason="asked", actor="test", now=self.now
                )
            conductor.converge(stack)

        self.run(act, point)

    @rule(chosen=names, point=points)
    def somebody_reboots(self, chosen: list[str], point: int | None) -> None:
        def act(stack: Stack, conductor: Conductor) -> None:
            here = [name for name in chosen if name in stack.instances]
            requests.request_reboot(conductor.store, stack, here, reason="asked", actor="test", now=self.now)
            conductor.converge(stack)

        self.run(act, point)

    @rule(point=points)
    def cron_converges(self, point: int | None) -> None:
        self.run(lambda stack, conductor: conductor.converge(stack), point)

    @rule(name=st.sampled_from(NAMES), there=st.booleans())
    def somebody_edits_the_file(self, name: str, there: bool) -> None:
        instances = {known: self.stack.instances[known] for known in self.stack.instances if known != name}
        if there and set(LAYERS[name]) <= self.stack.layers.keys():
            instances[name] = Instance(name, LAYERS[name])
        self._edited(instances=instances)

    @rule(name=st.sampled_from(NAMES), layers=st.lists(st.sampled_from(("lb", "web", "db")), min_size=1, unique=True))
    def somebody_gives_an_instance_other_layers(self, name: str, layers: list[str]) -> None:
        if name in self.stack.instances and set(layers) <= self.stack.layers.keys():
            self._edited(instances={**self.stack.instances, name: Instance(name, tuple(layers))})

    @rule(there=st.booleans())
    def somebody_takes_the_app_out_of_the_file_or_brings_it_back(self, there: bool) -> None:
        app = replace(self.app, layers=tuple(name for name in self.app.layers if name in self.stack.layers))
        self._edited(apps={"storefront": app} if there and app.layers else {})

    @rule(name=st.sampled_from(("lb", "db")))
    def a_layer_leaves_the_file(self, name: str) -> None:
        layers = {known: layer for known, layer in self.stack.layers.items() if known != name}
        left = {
            instance.name: Instance(instance.name, tuple(layer for layer in instance.layers if layer in layers))
            for instance in self.stack.instances.values()
        }
        self._edited(layers=layers, instances={key: instance for key, instance in left.items() if instance.layers})

    @rule()
    def every_layer_is_back(self) -> None:
        self._edited(layers=self.all_layers)

    def _edited(self, **changes: object) -> None:
        self.digest += 1
        self.stack = replace(self.stack, **changes, digest=f"{self.digest:064}")

    @rule()
    def somebody_changes_the_code(self) -> None:
        self.digest += 1
        Path(self.app.source.location, "app.py").write_text(f"application = {self.digest}\n")

    @rule(minutes=st.integers(-90, 90))
    def the_clock_jumps(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(name=st.sampled_from(NAMES))
    def a_host_breaks(self, name: str) -> None:
        self.broken.add(name)

    @rule()
    def hosts_are_mended(self) -> None:
        self.broken.clear()

    @rule()
    def calm_comes(self) -> None:
        """With nothing broken any more, a few rounds bring the stack to rest, and another one changes nothing."""
        self.broken.clear()
        for _ in range(3):
            self.run(lambda stack, conductor: conductor.converge(stack), None)
        before = self.fleet.store.snapshot("shop")
        calls = len(self.fleet.provider.calls)
        self.run(lambda stack, conductor: conductor.converge(stack), None)
        after = self.fleet.store.snapshot("shop")
        assert after == before
        assert len(self.fleet.provider.calls) == calls
        assert preview(self.fleet.store, self.stack, EVERYTHING, self.now)[0].empty
        assert not after.claims
        assert not after.commands
        assert not after.rollouts
        kept = due.kept_by(self.stack, after)
        for record in after.instances.values():
            assert record.name in self.stack.instances
            assert record.request is None
            if record.machine is not None and record.state in MEMBERS and record.name not in kept:
                assert set(record.layers) == set(self.stack.instances[record.name].layers)
            assert record.state in MEMBERS | FAILED | {State.STOPPED, State.TERMINATED}
            if record.state in MEMBERS:
                assert record.configured == after.generation
                known = {release.app: release.release for release in record.apps}
                assert known == self.fleet.releases.get(record.name, {})
        online = {name for name, record in after.instances.items() if record.state in MEMBERS}
        for name in online:
            layers = self.fleet.document_of(name, "configure").document["layers"]
            assert {peer for layer in layers.values() for peer in layer["instances"]} == online

    @rule()
    def whoever_failed_is_mended(self) -> None:
        """Then nothing that the stack file has set up again waits any longer."""
        self.broken.clear()
        failed = [name for name, its in self.fleet.store.snapshot("shop").instances.items() if its.state in FAILED]
        self.somebody_asks_for_an_event([name for name in failed if name in self.stack.instances], "setup", None)
        self.calm_comes()
        assert not due.kept_by(self.stack, self.fleet.store.snapshot("shop"))

    @invariant()
    def no_instance_ever_has_two_machines(self) -> None:
        here = [machine.instance for machine in self.fleet.provider.machines.values()]
        assert len(here) == len(set(here))

    @invariant()
    def every_machine_belongs_to_a_known_instance(self) -> None:
        known = self.fleet.store.snapshot("shop").instances
        assert {machine.instance for machine in self.fleet.provider.machines.values()} <= set(known)


# Continuous integration goes through the same ones each time, so more of them would show nothing new.
EXAMPLES = 12 if os.environ.get("CI") == "true" else 30
History.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None)
TestAnyHistory = History.TestCase
