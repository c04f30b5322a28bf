"""What others do to addresses and volumes: an address comes back if that takes it from nobody; data is only told of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Instance
from stackward.known_resource import ResourceKind
from stackward.lifecycle.states import State
from stackward.resources import drift
from stackward.resources.change import Verb
from stackward.resources.sight import AddressSeen, Seen, VolumeSeen
from stackward.state.records import Claim, InstanceRecord, MachineRecord, StackState
from tests.property.resources.test_membership import NOW
from tests.stacks import small_stack

NAMES = ("web1", "web2")
HOLDERS = ("", "i-web1", "i-web2", "i-foreign")

PARAMETERS = (
    {},
    {"volumes": ["/srv"]},
    {"volumes": ["/srv"], "sizes": {"/srv": 40}},
    {"volumes": [], "added": {"volumes": ["/srv"]}},
    {"volumes": ["/srv"], "sizes": {"/srv": 20}, "added": {"sizes": {"/srv": 40}}},
)


@st.composite
def situations(draw):
    instances = {name: Instance(name, ("web",), elastic_ip=draw(st.booleans())) for name in NAMES}
    stack = replace(small_stack(apps=False), instances=instances)
    records = {}
    for name in NAMES:
        parameters = draw(st.sampled_from(PARAMETERS))
        address = draw(st.sampled_from([None, "192.0.2.9"]))
        machine = draw(st.sampled_from([None, MachineRecord("t", 1, parameters, f"i-{name}", elastic_address=address)]))
        state = draw(st.sampled_from([State.ONLINE, State.STOPPED, State.REBOOTING]))
        records[name] = InstanceRecord(name, ("web",), state, machine=machine)
    held = draw(st.sets(st.sampled_from(NAMES)))
    claims = {name: Claim(name, 1, "run#1", "host", 1, 1.0, 1, NOW, NOW) for name in held}
    addresses = draw(
        st.none()
        | st.dictionaries(
            st.sampled_from(NAMES), st.builds(AddressSeen, st.just("192.0.2.9"), st.sampled_from(HOLDERS))
        )
    )
    holders = st.frozensets(st.sampled_from(HOLDERS), min_size=1)
    places = st.dictionaries(st.just("/srv"), st.builds(VolumeSeen, holders, st.sampled_from([None, 20, 40])))
    volumes = draw(st.none() | st.dictionaries(st.sampled_from(NAMES), places))
    return stack, StackState("shop", 1, records, claims, (), {}), Seen(addresses=addresses, volumes=volumes)


@given(situations(), st.frozensets(st.sampled_from(NAMES)))
def test_an_address_is_given_back_only_where_nobody_else_has_it_and_everybody_hears_of_it(situation, reachable):
    stack, state, seen = situation
    changes = drift.decide(stack, state, seen, reachable)
    given_back = [change for change in changes.changes if change.kind is ResourceKind.ADDRESS]
    for change in given_back:
        record = state.instances[change.instance]
        assert (change.verb, change.tells) == (Verb.ATTACH, True)
        assert change.instance in reachable - state.claims.keys()
        assert record.state is State.ONLINE
        assert stack.instances[change.instance].elastic_ip
        found = seen.addresses.get(change.instance)
        assert found is None or found.machine == ""
    back = {
        change.instance: AddressSeen("192.0.2.9", state.instances[change.instance].machine.id) for change in given_back
    }
    after = replace(seen, addresses=None if seen.addresses is None else {**seen.addresses, **back})
    again = drift.decide(stack, state, after, reachable).changes
    assert [change for change in again if change.kind is ResourceKind.ADDRESS] == []


@given(situations(), st.frozensets(st.sampled_from(NAMES)))
def test_a_volume_is_asked_to_grow_again_only_while_it_is_smaller_than_it_was_asked_for_on_its_machine(
    situation, reachable
):
    stack, state, seen = situation
    changes = [item for item in drift.decide(stack, state, seen, reachable).changes if item.kind is ResourceKind.VOLUME]
    expected = set()
    for name in reachable - state.claims.keys():
        record = state.instances[name]
        found = (seen.volumes or {}).get(name, {}).get("/srv")
        asked = record.machine is not None and "40" in str(record.machine.parameters)
        if record.state is State.ONLINE and asked and found == VolumeSeen(frozenset({f"i-{name}"}), 20):
            expected.add(name)
    assert {item.instance for item in changes} == expected
    assert all(item.data == {"instance": item.instance, "mount": "/srv", "size": 40} for item in changes)


@given(situations())
def test_of_a_volume_it_is_only_told_and_only_where_its_machine_has_it_no_more(situation):
    stack, state, seen = situation
    changes = drift.decide(stack, state, seen, frozenset(NAMES))
    told = {name for name in NAMES for text in changes.problems if f" of {name} " in text}
    expected = set()
    for name in NAMES:
        record = state.instances[name]
        if seen.volumes is None or record.machine is None or record.state is not State.ONLINE or name in state.claims:
            continue
        its = record.machine.parameters
        wants = [*its.get("volumes", ()), *its.get("added", {}).get("volumes", ())]
        found = seen.volumes.get(name, {}).get("/srv")
        if wants and (found is None or found.machines != {f"i-{name}"}):
            expected.add(name)
    assert told == expected
