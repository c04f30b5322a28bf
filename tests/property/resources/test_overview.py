"""What is told of load balancers and databases: who is in and who should be, and never a password."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.attributes import document
from stackward.definition.database import Database, DatabaseEngine
from stackward.lifecycle.states import MEMBERS
from stackward.resources import databases, membership, overview
from stackward.resources.sight import DatabaseSeen
from tests.property.resources.test_membership import situations
from tests.stacks import small_stack

SECRET = "correct horse battery staple"
REGISTERED = Database("old", DatabaseEngine.MYSQL, "old", "db.example.com", None, "shop", SECRET)
MADE = Database("main", DatabaseEngine.POSTGRESQL, "main")


@given(situations())
def test_a_member_is_named_once_and_who_is_missing_is_whom_the_next_converge_registers(situation):
    stack, state, known, *_ = situation
    for balancer in overview.balancers(stack, state, known):
        assert len(set(balancer.members)) == len(balancer.members)
        assert not set(balancer.members) & set(balancer.missing)
        for name in balancer.missing:
            assert state.instances[name].state in MEMBERS
            assert set(stack.instances[name].layers) & set(balancer.layers)
    told = {(item.type, item.name, item.port) for item in overview.balancers(stack, state, known)}
    every = {*membership.wanted(stack), *membership.remembered(known)}
    assert told == {(item.type.value, item.name, item.port) for item in every}


@given(st.lists(st.sampled_from([REGISTERED, MADE]), unique_by=lambda item: item.name), st.booleans(), st.booleans())
def test_a_database_is_told_with_its_place_and_never_with_its_password(wanted, made, known_place):
    stack = replace(small_stack(), databases={item.name: item for item in wanted})
    seen = DatabaseSeen("available", "main.rds.test", 5433) if known_place else None
    known = [databases.remembered(MADE, seen)] if made else []
    told = {item.name: item for item in overview.databases(stack, known)}
    assert told.keys() == {item.name for item in wanted} | ({"main"} if made else set())
    shown = document(stack, {}, stack.instances["web1"], "setup", databases=overview.database_places(stack, known))
    assert SECRET not in json.dumps([shown, [asdict(item) for item in told.values()]])
    assert shown["databases"].keys() == {item.name for item in wanted}
    if REGISTERED in wanted:
        assert shown["databases"]["old"] == {
            "engine": "mysql",
            "database": "old",
            "user": "shop",
            "host": "db.example.com",
            "port": 3306,
        }
    if "main" in told:
        assert told["main"].host == ("main.rds.test" if made and known_place else None)
        assert told["main"].in_file is (MADE in wanted)
