"""Whatever is left over: nothing with data in it goes unless that is allowed, and a second round does nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.model import Instance, Layer, Volume
from stackward.known_resource import ResourceKind
from stackward.lifecycle.states import State
from stackward.resources import databases, leftovers
from stackward.resources.change import Verb
from stackward.resources.sight import DatabaseSeen
from stackward.state.records import InstanceRecord, MachineRecord, StackState
from tests.stacks import small_stack

NAMES = ("db1", "db2", "gone1")
MOUNTS = ("/srv/a", "/srv/b")
DATABASES = {name: Database(name, DatabaseEngine.POSTGRESQL, name) for name in ("main", "old")}
SOME = st.sets(st.sampled_from(sorted(DATABASES)))
SEEN = (
    DatabaseSeen("creating"),
    DatabaseSeen("deleting"),
    DatabaseSeen("available", "main.rds.test", 5432),
    DatabaseSeen("backing-up", "main.rds.test", 5432, {"size": 5}),
)


@st.composite
def instances(draw):
    """A stack with volumes and addresses, what its instances are, and what is remembered."""
    mounts = draw(st.sets(st.sampled_from(MOUNTS)))
    layers = {"db": Layer("db", volumes=tuple(Volume(mount) for mount in sorted(mounts)))}
    there = {name: Instance(name, ("db",), elastic_ip=draw(st.booleans())) for name in NAMES[:2]}
    stack = replace(small_stack(apps=False), layers=layers, instances=there)
    machines = st.sampled_from(
        [None, MachineRecord("t", 1, {}, "i-1"), MachineRecord("t", 1, {}, "i-1", elastic_address="192.0.2.1")]
    )
    states = st.sampled_from([State.ONLINE, State.STOPPED, State.TERMINATED])
    records = {
        name: InstanceRecord(name, ("db",), draw(states), machine=draw(machines))
        for name in draw(st.sets(st.sampled_from(NAMES)))
    }
    known = [leftovers.volume(name, mount) for name in NAMES for mount in draw(st.sets(st.sampled_from(MOUNTS)))]
    known += [leftovers.address(name) for name in draw(st.sets(st.sampled_from(NAMES)))]
    return stack, StackState("shop", 1, records, {}, (), {}), known


@given(instances())
def test_no_volume_and_no_address_is_given_up_unless_that_is_allowed(situation):
    stack, state, known = situation
    changes = leftovers.decide(stack, state, known, frozenset(state.instances))
    assert [item for item in changes.changes if item.verb is Verb.DELETE] == []


@given(instances())
def test_what_is_wanted_is_never_given_up_and_neither_is_a_volume_of_a_machine(situation):
    stack, state, known = situation
    changes = leftovers.decide(stack, state, known, frozenset(state.instances), allow_destroy=True)
    for item in changes.changes:
        if item.verb is not Verb.DELETE:
            continue
        name = item.data["instance"]
        record = state.instances.get(name)
        if item.kind is ResourceKind.VOLUME:
            assert record is None or record.machine is None
            assert name not in stack.instances or item.data["mount"] not in {
                volume.mount for volume in stack.layers["db"].volumes
            }
        else:
            assert name not in stack.instances or not stack.instances[name].elastic_ip


@given(instances(), st.booleans())
def test_a_second_round_has_nothing_to_do(situation, allow):
    stack, state, known = situation
    reach = frozenset(state.instances)
    changes = leftovers.decide(stack, state, known, reach, allow_destroy=allow)
    gone = {(item.kind, item.forgets) for item in changes.changes if item.forgets is not None}
    left = [item for item in known if (item.kind, item.name) not in gone]
    records = dict(state.instances)
    for item in changes.changes:
        if item.verb in (Verb.ATTACH, Verb.DETACH):
            has = "192.0.2.1" if item.verb is Verb.ATTACH else None
            record = records[item.instance]
            records[item.instance] = replace(record, machine=replace(record.machine, elastic_address=has))
            left = [*(other for other in left if other != item.known), item.known]
    again = leftovers.decide(stack, replace(state, instances=records), left, reach, allow_destroy=allow)
    if allow:
        # An address that this round has taken away can be given up in the next one.
        assert {item.verb for item in again.changes} <= {Verb.DELETE}
    else:
        assert again.empty


@given(
    SOME,
    SOME,
    st.dictionaries(st.sampled_from(["main", "old"]), st.sampled_from(SEEN)),
    st.booleans(),
)
def test_a_database_is_made_once_noted_once_and_deleted_only_where_that_is_allowed(wanted, made, seen, allow):
    stack = replace(small_stack(apps=False), databases={name: DATABASES[name] for name in wanted})
    known = {name: databases.remembered(DATABASES[name]) for name in made}
    first = databases.decide(stack, list(known.values()), seen, allow_destroy=allow)
    deleted = {item.name for item in first.changes if item.verb is Verb.DELETE}
    assert deleted <= (made - wanted if allow else set())
    there = dict(seen)
    for item in first.changes:
        if item.verb is Verb.DELETE:
            there.pop(item.name)
            known.pop(item.name)
            continue
        there[item.name] = SEEN[2]
        known[item.name] = databases.remembered(item.data["database"], SEEN[2])
    for item in first.forgotten:
        known.pop(item.name)
    assert databases.decide(stack, list(known.values()), there, allow_destroy=allow).empty
