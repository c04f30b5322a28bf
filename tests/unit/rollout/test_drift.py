"""Where an instance is not what was put live, and what does not belong to it any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stackward.definition.database import Database, DatabaseEngine
from stackward.definition.model import App, Instance, Layer, Source, SourceType
from stackward.lifecycle.states import State
from stackward.planner import Action, Observations, decide
from stackward.presentation.plan import plan_lines
from stackward.rollout.digest import digest
from stackward.rollout.drift import departed, drift, other_settings
from stackward.state.records import AppRelease, Deployment, InstanceRecord, StackState
from tests.stacks import small_stack

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STACK = small_stack()
WITH = digest(STACK, STACK.apps["storefront"], STACK.instances["web1"], "r2")
LIVE = Deployment("storefront", "r2", "v2", NOW)


def state(*apps, now=State.ONLINE, live=LIVE):
    record = InstanceRecord("web1", ("web",), now, configured=1, apps=apps)
    return StackState("shop", 1, {"web1": record}, {}, (), {"storefront": live} if live else {})


@pytest.mark.parametrize(
    ("apps", "live", "said"),
    [
        ([AppRelease("storefront", "r2", "v2", WITH)], LIVE, None),
        ([AppRelease("storefront", "r2", "v2")], LIVE, None),
        ([AppRelease("storefront", "r1", "v1")], LIVE, "storefront is v1, live is v2"),
        ([AppRelease("storefront", "r2", "v2", "other")], LIVE, "storefront was deployed with other settings"),
        ([], LIVE, "storefront is not there, live is v2"),
        ([], None, None),
        ([AppRelease("storefront", "r2", "v2")], Deployment("storefront", "", "", NOW), "storefront v2 is there, and"),
    ],
)
def test_what_differs_is_said(apps, live, said):
    found = drift(STACK, state(*apps, live=live)).get("web1", ())
    assert (found == ()) if said is None else found[0].startswith(said)


def test_a_stopped_instance_has_no_drift():
    assert drift(STACK, state(AppRelease("storefront", "r1", "v1"), now=State.STOPPED)) == {}


def test_a_changed_setting_gives_another_digest():
    app = STACK.apps["storefront"]
    assert digest(STACK, replace(app, environment={"A": "b"}), STACK.instances["web1"], "r2") != WITH
    assert digest(STACK, replace(app, keep=9), STACK.instances["web1"], "r2") == WITH


CACHE = Layer("cache", "memcached")
LEGACY = Database(
    "legacy", DatabaseEngine.MYSQL, "shop", host="db.example.com", user="shop", password="better encrypted"
)


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"instances": {"cache1": ("cache",), "cache2": ("cache",)}}, True),
        ({"layers": {"cache": replace(CACHE, settings={"port": 11212})}}, False),
        ({"instances": {"db2": ("db",)}}, False),
        ({"databases": {"legacy": replace(LEGACY, host="new.example.com")}}, True),
        ({"databases": {"legacy": replace(LEGACY, size=99)}}, False),
    ],
)
def test_what_an_app_reaches_belongs_to_its_settings_where_nothing_else_changes_with_it(changed, differs):
    app = replace(STACK.apps["storefront"], database="legacy")

    def with_caches(layers, instances, databases):
        return replace(
            STACK,
            apps={"storefront": app},
            databases={"legacy": LEGACY, **databases},
            layers={**STACK.layers, "web": Layer("web", "python_app"), "cache": CACHE, **layers},
            instances={**STACK.instances, **{name: Instance(name, its) for name, its in instances.items()}},
        )

    before = with_caches({}, {"cache1": ("cache",)}, {})
    cached = {"cache1": ("cache",), **changed.get("instances", {})}
    after = with_caches(changed.get("layers", {}), cached, changed.get("databases", {}))
    web1 = STACK.instances["web1"]
    there = AppRelease("storefront", "r2", "v2", digest(before, app, web1, "r2"))
    assert other_settings(after, app, web1, there) is differs
    assert not other_settings(after, app, web1, replace(there, digest=""))
    assert not other_settings(after, app, web1, None)


def test_an_app_that_has_left_the_file_is_undeployed_and_the_plan_says_so():
    blog = AppRelease("blog", "r7", "v7")
    found = state(AppRelease("storefront", "r2", "v2", WITH), blog)
    assert departed(STACK, found.instances["web1"]) == ("blog",)
    plan = decide(STACK, found, Observations(), NOW)
    assert [(move.instance, move.action) for move in plan.moves] == [("web1", Action.UNDEPLOY)]
    assert "blog does not belong here any more" in plan_lines(STACK, plan, found)[0]
    blogging = replace(STACK, apps={**STACK.apps, "blog": App("blog", ("web",), Source(SourceType.DIRECTORY, "/"))})
    assert not decide(blogging, found, Observations(), NOW).moves
