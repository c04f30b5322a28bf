# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which order a deploy goes on one instance, and that it takes no step for what is not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils import steps

from stackward.definition.model import Connection


@dataclass(frozen=True)
class Hooks:
    """The part of an app that is looked at."""

    hooks: MappingProxyType = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class App:
    """An app with its hooks."""

    deploy: Hooks


def done(monkeypatch, hooks=(), recipes=(), balancers=(), fronts=(), **given):
    monkeypatch.setattr(steps.recipes, "found", lambda _stack, recipe, _event: recipe)
    app = App(Hooks(MappingProxyType({place: [place] for place in hooks})))
    found = steps.of_deploy(None, app, [], list(balancers), list(fronts), lambda *_: list(recipes), **given)
    return [step["title"] for step in found], [step.get("check") for step in found if step["do"] == "release"]


@pytest.mark.parametrize(
    ("given", "titles", "checks"),
    [
        ({}, ["release"], [True]),
        ({"balancers": ["lb1"]}, ["drain", "release", "serve"], [True]),
        ({"fronts": ["elb"]}, ["leave", "release", "join"], [True]),
        ({"balancers": ["lb1"], "fronts": ["elb"]}, ["drain", "leave", "release", "serve", "join"], [True]),
        ({"recipes": ["motd"]}, ["release", "deploy", "check"], [False]),
        ({"hooks": ["after_check"], "balancers": ["lb1"]}, ["drain", "release", "after_check", "serve"], [True]),
        ({"hooks": ["before_check"]}, ["release", "before_check", "check"], [False]),
        ({"hooks": ["before_check"], "recipes": ["motd"], "bare": True}, ["release"], [True]),
    ],
)
def test_steps_come_in_their_order_and_only_where_there_is_something_to_do(monkeypatch, given, titles, checks):
    assert done(monkeypatch, **given) == (titles, checks)


def test_hooks_stand_around_every_step_and_recipes_after_those_of_the_release(monkeypatch):
    places = [f"{when}_{step}" for step in ("drain", "release", "check", "serve") for when in ("before", "after")]
    titles, checks = done(monkeypatch, hooks=places, recipes=["motd"], balancers=["lb1"], fronts=["elb"])
    assert titles == [
        *("before_drain", "drain", "leave", "after_drain"),
        *("before_release", "release", "after_release"),
        *("deploy", "before_check", "check", "after_check"),
        *("before_serve", "serve", "join", "after_serve"),
    ]
    assert checks == [False]


@pytest.mark.parametrize(
    ("recipes", "fronted", "mounts", "starting", "connection", "done"),
    [
        ({}, False, [], True, "ssh", ["event_alone", "event_alone", "online"]),
        ({}, False, [], True, "ssm", ["answer", "event_alone", "event_alone", "online"]),
        ({}, False, [], False, "ssm", ["event_alone", "event_alone", "online"]),
        ({}, True, ["/srv"], True, "ssh", ["disks", "event_alone", "event_alone", "online", "join"]),
        ({}, True, [], False, "ssh", ["drain", "event_alone", "event_alone", "online", "ready"]),
        ({"setup": ["motd"]}, False, [], False, "ssh", ["event_with_recipes", "event_alone", "online"]),
        ({"deploy": ["motd"]}, False, [], False, "ssh", ["event_alone", "event_with_recipes", "online"]),
    ],
)
def test_setup_takes_no_step_for_what_is_not_there(recipes, fronted, mounts, starting, connection, done):
    found = steps.of_setup(
        {"setup": [], "deploy": [], **recipes}, fronted, mounts, starting=starting, connection=Connection(connection)
    )
    assert [step["do"] for step in found] == done
    assert [step["event"] for step in found if "event" in step] == ["setup", "deploy"]
