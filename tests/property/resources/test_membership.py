"""Whatever load balancers have: after one round they have those who are online, and a second does nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Instance, Layer
from stackward.definition.resources import BalancerType, LoadBalancer
from stackward.lifecycle.states import MEMBERS, State
from stackward.resources import membership
from stackward.resources.change import Verb
from stackward.resources.sight import DRAINING
from stackward.state.records import Claim, InstanceRecord, MachineRecord, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FRONT = LoadBalancer(BalancerType.TARGET_GROUP, "shop-web")
OTHER = LoadBalancer(BalancerType.CLASSIC, "shop")
NAMES = ("web1", "web2", "web3", "gone1")
SAID = ("healthy", "unhealthy", "initial", "unused", "draining")


@st.composite
def situations(draw):
    """A stack, its state, what is remembered, and what the load balancers say."""
    layers = {name: Layer(name=name, load_balancers=draw(st.sampled_from(LISTS))) for name in ("web", "api")}
    instances = {
        name: Instance(name, draw(st.sampled_from([("web",), ("api",), ("web", "api")]))) for name in NAMES[:3]
    }
    stack = replace(small_stack(apps=False), layers=layers, instances=instances)
    records = {
        name: InstanceRecord(
            name,
            draw(st.sampled_from([("web",), ("api",)])),
            draw(st.sampled_from([State.ONLINE, State.STOPPED, State.REBOOTING, State.CONNECTION_LOST])),
            machine=draw(st.sampled_from([None, MachineRecord("t", 1, {}, f"i-{name}"), MachineRecord("t", 1, {})])),
        )
        for name in draw(st.sets(st.sampled_from(NAMES)))
    }
    held = draw(st.sets(st.sampled_from(sorted(records)))) if records else set()
    claims = {name: Claim(name, 1, "run#1", "host", 1, 1.0, 1, NOW, NOW) for name in held}
    state = StackState("shop", 3, records, claims, (), {})
    machines = [*(f"i-{name}" for name in NAMES), "i-old", "i-foreign"]
    known = [
        membership.membership(balancer, machine, draw(st.sampled_from(NAMES)))
        for balancer in (FRONT, OTHER)
        for machine in draw(st.sets(st.sampled_from([*machines[:5]])))
    ]
    seen = {
        balancer.key: draw(st.dictionaries(st.sampled_from(machines), st.sampled_from(SAID)))
        for balancer in draw(st.sets(st.sampled_from([FRONT, OTHER])))
    }
    return stack, state, known, seen


LISTS = [(), (FRONT,), (OTHER,), (FRONT, OTHER)]


def after(changes, known, seen):
    """What is remembered and seen once the changes are carried out and what was drained has gone."""
    remembered = {item.name: item for item in known}
    members = {key: {machine: said for machine, said in its.items() if said != "draining"} for key, its in seen.items()}
    for change in changes.changes:
        key = LoadBalancer.read(change.data).key
        if change.verb is Verb.REGISTER:
            remembered[change.known.name] = change.known
            members[key][change.data["machine"]] = "healthy"
        else:
            members[key].pop(change.data["machine"], None)
            remembered.pop(change.forgets, None)
    for item in changes.forgotten:
        remembered.pop(item.name, None)
    return list(remembered.values()), members


@given(situations())
def test_a_second_round_has_nothing_to_do(situation):
    stack, state, known, seen = situation
    reach = frozenset(state.instances)
    first = membership.decide(stack, state, known, seen, reach)
    second = membership.decide(stack, state, *after(first, known, seen), reach)
    assert [item for item in second.changes if item.instance not in state.claims] == []


@given(situations())
def test_in_the_end_those_who_are_online_are_members_and_no_other_instance_is(situation):
    stack, state, known, seen = situation
    changes = membership.decide(stack, state, known, seen, frozenset(state.instances))
    _, members = after(changes, known, seen)
    asked = {item.key for item in (*membership.wanted(stack), *membership.remembered(known))}
    for key, its in members.items():
        if key not in asked:
            continue
        for name, record in state.instances.items():
            if name in state.claims or record.machine is None or record.machine.id is None:
                continue
            instance = stack.instances.get(name)
            due = (
                instance is not None
                and record.state in MEMBERS
                and key in {item.key for item in membership.in_front(stack, instance.layers)}
            )
            assert (record.machine.id in its) is due


@given(situations())
def test_members_that_are_none_of_ours_are_reported_unless_they_are_leaving_and_never_touched(situation):
    stack, state, known, seen = situation
    changes = membership.decide(stack, state, known, seen, frozenset(state.instances))
    assert all(item.data["machine"] != "i-foreign" for item in changes.changes)
    there = sorted(key for key, its in seen.items() if its.get("i-foreign", DRAINING) != DRAINING)
    told = [item for item in changes.foreign if item.member == "i-foreign"]
    asked = {item.key for item in (*membership.wanted(stack), *membership.remembered(known))}
    assert len(told) == len([key for key in there if key in asked])


@given(situations())
def test_an_instance_that_a_run_holds_is_left_to_that_run(situation):
    stack, state, known, seen = situation
    changes = membership.decide(stack, state, known, seen, frozenset(state.instances))
    for item in changes.changes:
        record = state.instances.get(item.instance)
        current = record is not None and record.machine is not None and record.machine.id == item.data["machine"]
        assert item.instance not in state.claims or not current


@given(situations())
def test_nobody_is_registered_who_is_out_of_the_providers_reach(situation):
    stack, state, known, seen = situation
    changes = membership.decide(stack, state, known, seen, frozenset())
    assert [item for item in changes.changes if item.verb is Verb.REGISTER] == []


@given(situations())
def test_a_balancer_of_the_file_that_is_not_there_is_a_problem(situation):
    stack, state, known, seen = situation
    changes = membership.decide(stack, state, known, seen, frozenset())
    missing = [item for item in membership.wanted(stack) if item.key not in seen]
    assert len(changes.problems) == len(missing)
