"""What others do to addresses and volumes: an address comes back if that takes it from nobody; data is only told of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Instance
from stackward.lifecycle.states import State
from stackward.resources import drift
from stackward.resources.change import Verb
from stackward.resources.sight import AddressSeen, Seen
from stackward.state.records import Claim, InstanceRecord, MachineRecord, StackState
from tests.property.resources.test_membership import NOW
from tests.stacks import small_stack

NAMES = ("web1", "web2")
HOLDERS = ("", "i-web1", "i-web2", "i-foreign")


@st.composite
def situations(draw):
    instances = {name: Instance(name, ("web",), elastic_ip=draw(st.booleans())) for name in NAMES}
    stack = replace(small_stack(apps=False), instances=instances)
    records = {}
    for name in NAMES:
        parameters = draw(st.sampled_from([{}, {"volumes": ["/srv"]}, {"volumes": [], "added": {"volumes": ["/srv"]}}]))
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
    places = st.dictionaries(st.just("/srv"), st.frozensets(st.sampled_from(HOLDERS), min_size=1))
    volumes = draw(st.none() | st.dictionaries(st.sampled_from(NAMES), places))
    return stack, StackState("shop", 1, records, claims, (), {}), Seen(addresses=addresses, volumes=volumes)


@given(situations(), st.frozensets(st.sampled_from(NAMES)))
def test_an_address_is_given_back_only_where_nobody_else_has_it_and_everybody_hears_of_it(situation, reachable):
    stack, state, seen = situation
    changes = drift.decide(stack, state, seen, reachable)
    for change in changes.changes:
        record = state.instances[change.instance]
        assert (change.verb, change.tells) == (Verb.ATTACH, True)
        assert change.instance in reachable - state.claims.keys()
        assert record.state is State.ONLINE
        assert stack.instances[change.instance].elastic_ip
        found = seen.addresses.get(change.instance)
        assert found is None or found.machine == ""
    back = {
        change.instance: AddressSeen("192.0.2.9", state.instances[change.instance].machine.id)
        for change in changes.changes
    }
    after = replace(seen, addresses=None if seen.addresses is None else {**seen.addresses, **back})
    assert drift.decide(stack, state, after, reachable).changes == ()


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
        if wants and seen.volumes.get(name, {}).get("/srv") != {f"i-{name}"}:
            expected.add(name)
    assert told == expected
