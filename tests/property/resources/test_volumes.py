"""Volumes that come when the machine is there: each is asked for once, never taken back, and never on its own."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Instance, Layer, ProviderChoice, Volume
from stackward.engine import attempts
from stackward.known_resource import ResourceKind
from stackward.lifecycle.health import Remedy
from stackward.lifecycle.states import Desired, Initiator, State
from stackward.planner import Action, Observations, decide
from stackward.resources import leftovers, volumes
from stackward.resources.change import Changes, Verb
from stackward.resources.volumes import When
from stackward.state.records import InstanceRecord, MachineRecord, Request, StackState
from tests.property.planner.test_deciding import NOW
from tests.stacks import small_stack

MOUNTS = ("/srv/a", "/srv/b", "/srv/c")
VOLUMES = st.builds(
    Volume, st.sampled_from(MOUNTS), st.sampled_from([None, 8, 20]), st.sampled_from([None, 1]), keep=st.booleans()
)
SOME = st.lists(VOLUMES, unique_by=lambda volume: volume.mount)


@st.composite
def situations(draw):
    """An instance, the volumes that its file has by now, and the machine that was made for an earlier file."""
    before, now = draw(SOME), draw(SOME)
    layers = {"db": Layer("db", volumes=tuple(now))}
    stack = replace(small_stack(apps=False), layers=layers, instances={"db1": Instance("db1", ("db",))})
    takes = draw(st.sampled_from([*When, None]))
    parameters = {
        "provider": draw(st.sampled_from(["ec2", "static"])),
        "options": {},
        "volumes": [volume.mount for volume in before],
        "sizes": {volume.mount: volume.size_of_each for volume in before if volume.size is not None},
        "arrays": {volume.mount: {"level": 1, "disks": 2} for volume in before if volume.raid is not None},
        **({} if takes is None else {volumes.TAKES: takes.value}),
    }
    state = draw(st.sampled_from([State.ONLINE, State.STOPPED, State.SETUP_FAILED, State.RUNNING_SETUP]))
    record = InstanceRecord("db1", ("db",), state, machine=MachineRecord("t", 1, parameters, "i-1"), configured=1)
    return stack, StackState("shop", 1, {"db1": record}, {}, (), {})


@given(situations())
def test_a_machine_is_given_what_it_lacks_once_and_its_request_stays_what_made_it(situation):
    stack, state = situation
    machine = state.instances["db1"].machine
    whole = attempts.with_added(stack, "db1", machine)
    request = attempts.with_volumes(stack, "db1", whole, "key")
    assert attempts.request(stack, "db1", whole, "key") == attempts.request(stack, "db1", machine, "key")
    assert attempts.with_added(stack, "db1", whole) == whole
    if machine.owned:
        assert whole == machine
    else:
        assert set(request.volumes) == {*machine.parameters["volumes"], *(v.mount for v in stack.layers["db"].volumes)}
        assert len(set(request.volumes)) == len(request.volumes)
        assert request.volumes[: len(machine.parameters["volumes"])] == tuple(machine.parameters["volumes"])
    first = attempts.request(stack, "db1", machine, "key")
    assert all(request.sizes[mount] >= size for mount, size in first.sizes.items())
    for volume in volumes.missing(stack, "db1", machine):
        assert request.sizes.get(volume.mount) == volume.size_of_each
        assert request.disks.get(volume.mount) == (None if volume.raid is None else volume.disks)


@given(situations())
def test_a_plan_shows_what_a_setup_brings_and_says_of_the_rest_when_it_comes(situation):
    stack, state = situation
    record = state.instances["db1"]
    lacks = {*volumes.missing(stack, "db1", record.machine), *volumes.growing(stack, "db1", record.machine)}
    shown = volumes.decide(stack, state, ())
    plan = decide(stack, state, Observations(), NOW)
    setups = [move for move in plan.moves if move.action is Action.SETUP and "volume" in move.reason]
    if record.state is State.ONLINE:
        told = {item.name for item in (*shown.moving, *shown.later)}
        assert told == {f"db1 {volume.mount}" for volume in lacks}
        assert bool(setups) == bool(shown.moving)
    else:
        # A stopped machine gets them when it starts, and one that is set up already is on its way to them.
        assert (setups, shown.moving) == ([], ())
    given_all = replace(record, machine=attempts.with_added(stack, "db1", record.machine))
    after = replace(state, instances={"db1": given_all})
    assert replace(volumes.decide(stack, after, ()), problems=()) == Changes()
    assert volumes.due(stack, given_all) == ""


REQUESTS = st.none() | st.builds(
    Request, st.sampled_from(Desired), st.sampled_from(Initiator), st.just("why"), st.just(NOW)
)


@given(situations(), REQUESTS, st.booleans(), st.lists(st.booleans(), min_size=3, max_size=3))
def test_only_what_is_not_to_be_kept_goes_with_its_instance_and_what_the_file_says_now_counts(
    situation, request, left, remembered
):
    stack, state = situation
    record = replace(state.instances["db1"], request=request)
    if left:
        stack = replace(stack, instances={})
    state = replace(state, instances={"db1": record})
    known = [leftovers.volume("db1", mount, keep=keep) for mount, keep in zip(MOUNTS, remembered, strict=True)]
    changes = leftovers.decide(stack, state, known, frozenset({"db1"}))
    wants = {volume.mount: volume.keep for volume in stack.layers["db"].volumes} if not left else {}
    going = {mount for mount, keep in zip(MOUNTS, remembered, strict=True) if not wants.get(mount, keep)}
    assert {item.data["mount"] for item in leftovers.deleted_with(stack, "db1", known)} == going
    asked = left or (request is not None and request.desired is Desired.TERMINATED)
    assert {item.data["mount"] for item in changes.moving} == (going if asked else set())
    assert not {item.name for item in changes.moving} & {item.name for item in changes.kept}
    # What is remembered is brought to what the file says, once, and without anything being deleted.
    assert {item.verb for item in changes.changes if item.kind is ResourceKind.VOLUME} <= {Verb.UPDATE}
    noted = {item.name: item.known for item in changes.changes}
    assert noted.keys() == {
        f"db1 {mount}"
        for mount, keep in zip(MOUNTS, remembered, strict=True)
        if mount in wants and wants[mount] != keep
    }
    after = [noted.get(item.name, item) for item in known]
    assert leftovers.decide(stack, state, after, frozenset({"db1"})).changes == ()


def test_a_machine_that_healing_replaces_leaves_its_volumes_whatever_the_file_says():
    stack = replace(
        small_stack(apps=False),
        layers={"db": Layer("db", volumes=(Volume("/srv", keep=False),))},
        instances={"db1": Instance("db1", ("db",), provider=ProviderChoice("ec2"))},
    )
    request = Request(Desired.ONLINE, Initiator.AUTO_HEALING, "lost", NOW, Remedy.REPLACE)
    record = InstanceRecord(
        "db1", ("db",), State.CONNECTION_LOST, request=request, machine=MachineRecord("t", 1, {}, "i")
    )
    state = StackState("shop", 1, {"db1": record}, {}, (), {})
    known = [leftovers.volume("db1", "/srv", keep=False)]
    assert leftovers.decide(stack, state, known, frozenset({"db1"})).moving == ()
