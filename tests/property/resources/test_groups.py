"""Whatever security groups there are: after one round they are as the file says, and a second does nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.model import Instance, Layer, ProviderChoice
from stackward.definition.resources import Ingress
from stackward.known_resource import KnownResource, ResourceKind
from stackward.lifecycle.states import State
from stackward.resources import groups
from stackward.resources.change import Verb
from stackward.resources.sight import Group, Groups
from stackward.state.records import InstanceRecord, MachineRecord, StackState
from tests.stacks import small_stack

LAYERS = ("lb", "web", "db", "old")
RULES = (
    Ingress("tcp", 80, 80, network="0.0.0.0/0"),
    Ingress("tcp", 8000, 8010, layer="lb"),
    Ingress("udp", 53, 53, network="10.0.0.0/8"),
    Ingress("all", 0, 0, layer="web"),
)


@st.composite
def situations(draw, *, of_another=False):
    """Any stack, and any groups with its tag; `of_another` has some among them that its state has not made."""
    having = draw(st.dictionaries(st.sampled_from(LAYERS[:3]), st.sets(st.sampled_from(RULES))))
    # The file may name only layers that have a group, and AWS knows only groups that are there.
    having = {name: {rule for rule in rules if rule.layer in ("", *having)} for name, rules in having.items()}
    layers = {
        name: Layer(
            name=name,
            uses=draw(st.sampled_from([None, "haproxy"])),
            ingress=tuple(sorted(having[name])) if name in having else None,
            open_by_default=name in having and draw(st.booleans()),
        )
        for name in LAYERS[:3]
    }
    leaving = draw(st.sets(st.sampled_from(LAYERS[:3])))
    instances = {f"{name}1": Instance(f"{name}1", (name,)) for name in LAYERS[:3] if name not in leaving}
    provider = ProviderChoice(
        "ec2", draw(st.sampled_from([{}, {"ssh_from": ["192.0.2.0/24"]}, {"ssh_from": "192.0.2.0/24"}]))
    )
    stack = replace(small_stack(apps=False), layers=layers, instances=instances, provider=provider)
    records = {
        f"{name}1": InstanceRecord(f"{name}1", (name,), State.ONLINE, machine=MachineRecord("t", 1, {}, f"i-{name}"))
        for name in draw(st.sets(st.sampled_from(LAYERS)))
    }
    made = draw(st.dictionaries(st.sampled_from(LAYERS), st.frozensets(st.sampled_from(RULES))))
    made = {name: frozenset(rule for rule in rules if rule.layer in ("", *made)) for name, rules in made.items()}
    by_layer = {layer: Group(f"sg-{layer}", rules) for layer, rules in made.items()}
    groups_of = st.frozensets(st.sampled_from(["sg-user", *(item.id for item in by_layer.values())]))
    of_machine = {record.machine.id: draw(groups_of) for record in records.values()}
    asked_for = draw(st.sets(st.sampled_from(LAYERS))) | (set() if of_another else set(made))
    known = [KnownResource(ResourceKind.SECURITY_GROUP, layer) for layer in sorted(asked_for)]
    return stack, StackState("shop", 1, records, {}, (), {}), known, Groups(by_layer, of_machine)


def after(changes, known, seen):
    """What there is once the changes are carried out, as AWS would refuse what cannot be done."""
    remembered = {item.name: item for item in known}
    by_layer = dict(seen.by_layer)
    of_machine = dict(seen.of_machine)
    for change in changes.changes:
        if change.verb is Verb.CREATE:
            assert change.name not in by_layer
            by_layer[change.name] = Group(f"sg-{change.name}")
        elif change.verb is Verb.UPDATE:
            rules = by_layer[change.name].rules
            assert set(change.data["remove"]) <= rules
            assert not rules & set(change.data["add"])
            assert all(rule.layer in ("", *by_layer) for rule in change.data["add"])
            now = rules - set(change.data["remove"]) | set(change.data["add"])
            by_layer[change.name] = Group(by_layer[change.name].id, now)
        elif change.verb is Verb.DELETE:
            group = by_layer.pop(change.name)
            assert not any(group.id in its for its in of_machine.values())
        else:
            ours = {item.id for item in by_layer.values()}
            kept = of_machine[change.data["machine"]] - ours
            of_machine[change.data["machine"]] = kept | {by_layer[layer].id for layer in change.data["layers"]}
        if change.known is not None:
            remembered[change.known.name] = change.known
        if change.forgets is not None:
            remembered.pop(change.forgets, None)
    for item in changes.forgotten:
        remembered.pop(item.name)
    return list(remembered.values()), Groups(by_layer, of_machine)


def rounds(situation):
    stack, state, known, seen = situation
    reach = frozenset(state.instances)
    for _ in range(2):
        # A group that machines still have goes in the round after the one that takes it from them.
        known, seen = after(groups.decide(stack, state, known, seen, reach), known, seen)
    return groups.decide(stack, state, known, seen, reach), known, seen


@given(situations())
def test_in_the_end_there_is_nothing_to_do(situation):
    changes, _known, _seen = rounds(situation)
    assert changes.empty


@given(situations())
def test_in_the_end_every_layer_lets_in_what_the_file_says(situation):
    _changes, _known, seen = rounds(situation)
    wanted = groups.wanted(situation[0])
    assert {layer: seen.by_layer[layer].rules for layer in wanted} == wanted


@given(situations(of_another=True))
def test_a_group_that_another_state_has_made_is_said_and_left_as_it_is(situation):
    stack, state, known, seen = situation
    others = sorted(set(seen.by_layer) - {item.name for item in known})
    changes = groups.decide(stack, state, known, seen, frozenset(state.instances))
    assert [layer for layer in others if f"stackward-shop-{layer})" in "".join(changes.problems)] == others
    assert len(changes.problems) == len(others)
    _changes, _known, after_all = rounds(situation)
    assert {layer: after_all.by_layer[layer] for layer in others} == {layer: seen.by_layer[layer] for layer in others}


@given(situations())
def test_ssh_gets_in_wherever_there_is_a_group(situation):
    networks = {"192.0.2.0/24"} if situation[0].provider.options else {"0.0.0.0/0"}
    for rules in groups.wanted(situation[0]).values():
        assert {rule.network for rule in rules if rule.first == 22} == networks


@given(situations())
def test_groups_of_the_users_own_stay_on_their_machines(situation):
    _changes, _known, seen = rounds(situation)
    for machine, its in situation[3].of_machine.items():
        assert ("sg-user" in seen.of_machine[machine]) is ("sg-user" in its)


@given(situations())
def test_a_machine_that_is_about_to_go_is_left_as_it_is(situation):
    stack, _state, _known, seen = situation
    _changes, _known, after_all = rounds(situation)
    for machine, its in seen.of_machine.items():
        if f"{machine.removeprefix('i-')}1" not in stack.instances:
            assert after_all.of_machine[machine] == its
