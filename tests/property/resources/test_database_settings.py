"""Settings of a database that is there: what can be is asked for once, what cannot is refused and never asked for."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.database import Database, DatabaseEngine
from stackward.resources import database_settings, databases
from stackward.resources.change import Verb
from stackward.resources.sight import DatabaseSeen
from tests.stacks import small_stack

CLASSES = st.sampled_from(["db.t4g.small", "db.m6g.large"])
STATES = st.sampled_from(["available", "storage-optimization", "modifying", "backing-up", "creating"])
SETTINGS = st.fixed_dictionaries({"instance_class": CLASSES, "size": st.integers(5, 60), "multi_az": st.booleans()})


@st.composite
def situations(draw):
    its = draw(SETTINGS)
    options = {key: value for key, value in its.items() if key != "size"}
    wants = Database(
        "main",
        DatabaseEngine.POSTGRESQL,
        "shop",
        size=its["size"],
        options={**options, "apply_immediately": draw(st.booleans())},
    )
    seen = DatabaseSeen(draw(STATES), "main.rds.test", 5432, draw(SETTINGS), grows=draw(st.booleans()))
    return replace(small_stack(apps=False), databases={"main": wants}), wants, seen


@given(situations())
def test_what_differs_is_changed_told_or_refused_and_never_both(situation):
    stack, wants, seen = situation
    changes = databases.decide(stack, [databases.remembered(wants, seen)], {"main": seen})
    updates = [item for item in changes.changes if item.verb is Verb.UPDATE]
    asked = {key for item in updates for key in item.data["settings"]}
    refused = set(database_settings.refused(wants, seen)) if seen.ready else set()
    assert bool(changes.problems) == bool(refused)
    assert not asked & refused
    if seen.state not in database_settings.CHANGEABLE:
        assert asked == set()
    elif seen.ready:
        assert asked | refused == set(database_settings.differing(wants, seen))
    for item in updates:
        assert item.data["settings"].get("size", seen.settings["size"]) >= seen.settings["size"]
    # Once AWS has what was asked for, there is nothing more to ask.
    after = replace(
        seen, settings={**seen.settings, **{key: v for item in updates for key, v in item.data["settings"].items()}}
    )
    again = databases.decide(stack, [databases.remembered(wants, after)], {"main": after})
    assert [item for item in again.changes if item.verb is Verb.UPDATE] == []
