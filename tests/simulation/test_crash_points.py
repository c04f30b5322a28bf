"""A run may be killed at any write, any provider call and any event: the next one ends where it would have ended."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stackward.definition.model import Instance, Stack, Volume
from stackward.engine import requests
from stackward.engine.claiming import preview
from stackward.lifecycle.states import MEMBERS, Desired, Initiator, State
from stackward.planner import EVERYTHING
from stackward.simulator.conductor import Conductor
from tests.simulation.fuse import Fleet, Fuse, Killed, deploy, stack_with_source
from tests.stacks import small_stack

pytestmark = pytest.mark.simulation

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
INSTANCES = {"lb1": ("lb",), "web1": ("web",), "db1": ("db",)}


@dataclass(frozen=True)
class Scenario:
    """What a person does to a stack, and which states must come of it. `before` is what was done to begin with."""

    act: Callable[[Stack, Conductor], None]
    expected: dict[str, State]
    before: Callable[[Stack, Conductor], None] | None = None
    change: Callable[[Stack], Stack] = lambda stack: stack


def start(*names: str) -> Callable[[Stack, Conductor], None]:
    return lambda stack, conductor: ask(stack, conductor, names or tuple(stack.instances), Desired.ONLINE)


def stop(*names: str) -> Callable[[Stack, Conductor], None]:
    return lambda stack, conductor: ask(stack, conductor, names, Desired.STOPPED)


def ask(stack: Stack, conductor: Conductor, names: tuple[str, ...], desired: Desired) -> None:
    requests.request_state(
        conductor.store, stack, names, desired, initiator=Initiator.USER, reason="asked", actor="test", now=NOW
    )
    conductor.converge(stack)


def reboot(stack: Stack, conductor: Conductor) -> None:
    requests.request_reboot(conductor.store, stack, ["web1"], reason="asked", actor="test", now=NOW)
    conductor.converge(stack)


def event(name: str, *targets: str) -> Callable[[Stack, Conductor], None]:
    def act(stack: Stack, conductor: Conductor) -> None:
        if name == "deploy":
            deploy(conductor, stack, list(targets), LATER)
        else:
            requests.request_event(conductor.store, stack, targets, name, {}, reason="asked", actor="test", now=NOW)
        conductor.converge(stack)

    return act


def converge(stack: Stack, conductor: Conductor) -> None:
    conductor.converge(stack)


def new_code(stack: Stack) -> Stack:
    Path(stack.apps["storefront"].source.location, "app.py").write_text("application = 'new'\n")
    return stack


def without_web1(stack: Stack) -> Stack:
    instances = {name: instance for name, instance in stack.instances.items() if name != "web1"}
    return replace(stack, instances={**instances, "web2": Instance("web2", ("web",))})


def web1_in(*layers: str) -> Callable[[Stack], Stack]:
    return lambda stack: replace(
        stack, digest="2" * 64, instances={**stack.instances, "web1": Instance("web1", layers)}
    )


def web1_with_a_volume(stack: Stack) -> Stack:
    its = Instance("web1", ("web",), volumes=(Volume("/srv/later"),))
    return replace(stack, digest="2" * 64, instances={**stack.instances, "web1": its})


def all_in_web(stack: Stack) -> Stack:
    its = {name: Instance(name, tuple(dict.fromkeys((*layers, "web")))) for name, layers in INSTANCES.items()}
    return replace(stack, digest="2" * 64, instances=its)


ONLINE = dict.fromkeys(INSTANCES, State.ONLINE)
SCENARIOS = {
    "start": Scenario(start(), ONLINE),
    "stop": Scenario(stop("web1"), {**ONLINE, "web1": State.STOPPED}, before=start()),
    "start again": Scenario(
        start("web1"),
        ONLINE,
        before=lambda stack, conductor: (start()(stack, conductor), stop("web1")(stack, conductor)),
    ),
    "start again with a volume more": Scenario(
        start("web1"),
        ONLINE,
        before=lambda stack, conductor: (start()(stack, conductor), stop("web1")(stack, conductor)),
        change=web1_with_a_volume,
    ),
    "reboot": Scenario(reboot, ONLINE, before=start()),
    "setup": Scenario(event("setup", "web1"), ONLINE, before=start()),
    "deploy": Scenario(event("deploy", "web1"), ONLINE, before=start(), change=new_code),
    "an instance leaves the file": Scenario(
        converge, dict.fromkeys(("lb1", "db1"), State.ONLINE), before=start(), change=without_web1
    ),
    "two are given a layer, one after the other": Scenario(
        lambda stack, conductor: conductor.converge(stack), ONLINE, before=start(), change=all_in_web
    ),
    "an instance leaves a layer for another": Scenario(converge, ONLINE, before=start(), change=web1_in("db")),
    "an instance leaves all layers": Scenario(
        converge, {**ONLINE, "web1": State.REGISTERED}, before=start(), change=web1_in()
    ),
}


def prepared(scenario: Scenario, folder: Path) -> tuple[Fleet, Stack]:
    stack = stack_with_source(small_stack(INSTANCES, digest="1" * 64), folder)
    fleet = Fleet(folder)
    if scenario.before is not None:
        fleet.run(lambda conductor: scenario.before(stack, conductor), NOW)
    return fleet, scenario.change(stack)


def copied(fleet: Fleet, folder: Path) -> Fleet:
    shutil.copytree(fleet.folder, folder)
    again = Fleet(folder, provider=SIMULATED(fleet))
    again.seen.extend(fleet.seen)
    again.releases.update({name: dict(its) for name, its in fleet.releases.items()})
    again.undo.update(fleet.undo)
    return again


def SIMULATED(fleet: Fleet):  # noqa: N802
    return replace(
        fleet.provider,
        calls=list(fleet.provider.calls),
        launched=list(fleet.provider.launched),
        machines=dict(fleet.provider.machines),
        requests=dict(fleet.provider.requests),
        given=dict(fleet.provider.given),
        disks=copy.copy(fleet.provider.disks),
        volumes=copy.copy(fleet.provider.volumes),
        _addresses=dict(fleet.provider._addresses),
    )


def check(fleet: Fleet, stack: Stack, scenario: Scenario) -> None:
    state = fleet.store.snapshot("shop")
    known = {name: record.state for name, record in state.instances.items()}
    assert known == scenario.expected
    assert not state.claims
    assert not state.commands
    assert all(record.request is None and not record.reboot_wanted for record in state.instances.values())
    online = {name for name, now in known.items() if now in MEMBERS}
    for name in online:
        assert state.instances[name].configured == state.generation
        seen = fleet.document_of(name, "configure").document["layers"]
        assert {peer for layer in seen.values() for peer in layer["instances"]} == online
        releases = {release.app: release.release for release in state.instances[name].apps}
        runs = "web" in stack.instances[name].layers
        assert releases == ({"storefront": state.deployments["storefront"].release} if runs else {})
    left = [begun for name, begun in fleet.seen if name == "web1" and begun.event == "shutdown"]
    if scenario.act is converge:
        assert left
        assert fleet.releases["web1"] == {} or "web1" not in stack.instances
    machines = [machine.instance for machine in fleet.provider.machines.values()]
    assert sorted(machines) == sorted(known)
    for machine in fleet.provider.machines.values():
        wanted = {volume.mount for volume in stack.volumes_of(stack.instances[machine.instance])}
        assert fleet.provider.mounts(machine.id) == wanted
    assert len(fleet.provider.launched) == len({machine.token for machine in fleet.provider.launched})
    assert len(fleet.provider.launched) == len(INSTANCES)
    plan, _ = preview(fleet.store, stack, EVERYTHING, LATER)
    assert plan.empty


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_anywhere_is_finished_by_the_next(name, tmp_path):
    scenario = SCENARIOS[name]
    start_of_all = tmp_path / "start"
    start_of_all.mkdir()
    fleet, stack = prepared(scenario, start_of_all)
    fuse = Fuse()
    whole = copied(fleet, tmp_path / "whole")
    whole.run(lambda conductor: scenario.act(stack, conductor), NOW, fuse)
    check(whole, stack, scenario)
    assert len(fuse.points) > 5
    for point in range(len(fuse.points)):
        hurt = copied(fleet, tmp_path / f"at-{point}")
        with pytest.raises(Killed):
            hurt.run(lambda conductor: scenario.act(stack, conductor), NOW, Fuse(point))
        hurt.run(lambda conductor: scenario.act(stack, conductor), LATER)
        check(hurt, stack, scenario)
        shutil.rmtree(hurt.folder)
