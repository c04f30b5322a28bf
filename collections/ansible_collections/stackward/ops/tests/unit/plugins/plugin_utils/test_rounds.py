# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a round tells the plays of an instance: the start of a warm one leaves out recipes of Setup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ansible_collections.stackward.ops.plugins.plugin_utils import rounds

from stackward.definition import loader
from stackward.definition.role_places import RolePlaces
from stackward.engine import contents
from stackward.engine.claiming import Claimed, Round
from stackward.lifecycle.events import Event
from stackward.lifecycle.states import Initiator, State
from stackward.planner import Action, Move, Plan
from stackward.rollout.contents import of_instance
from stackward.state.records import (
    AppRelease,
    Command,
    CommandStatus,
    Deployment,
    InstanceRecord,
    MachineRecord,
    StackState,
)

FILE = """\
plugin: stackward.ops.stack
name: small
provider: {type: container}
layers:
  web:
    pool: {max: 2, warm: 1}
    recipes: {setup: [{tasks: one.yml}, {tasks: two.yml}], deploy: [{tasks: one.yml}]}
instances: {}
"""


@pytest.fixture
def stack(tmp_path):
    (tmp_path / "small.stack.yml").write_text(FILE)
    for name in ("one", "two"):
        (tmp_path / f"{name}.yml").write_text("[]\n")
    return loader.load(str(tmp_path / "small.stack.yml"), environment={})


def entry_of(stack, state, claimed, would_run=None):
    [told] = rounds.entries(stack, Round(1, (claimed,), Plan(), state), would_run).values()
    return told


def entry(stack, record):
    now = contents.contents(stack, RolePlaces((), ()))
    move = Move("web-1", Action.START, State.STOPPED, Initiator.AUTO_SCALING, "load")
    state = StackState("small", 1, {"web-1": record}, {}, (), {})
    return entry_of(stack, state, Claimed(move, 1, "scale#1", record, ()), now)


def test_a_warm_start_has_the_recipes_from_the_first_change_on(stack, tmp_path):
    record = InstanceRecord("web-1", ("web",), State.STOPPED, machine=MachineRecord("t", 0, {}, id="m"))
    cold = entry(stack, record)
    assert (len(cold["recipes"]["setup"]), cold["spared"]) == (2, [])
    ran = of_instance(stack, stack.instances["web-1"], contents.contents(stack, RolePlaces((), ())), Event.SETUP)
    assert cold["contents"]["setup"] == ran
    warm = replace(record, ran={Event.SETUP: ran})
    (tmp_path / "two.yml").write_text("[{name: Changed, ansible.builtin.ping: {}}]\n")
    found = entry(stack, warm)
    assert found["spared"] == ["recipe one.yml of web"]
    assert found["recipes"]["setup"] == cold["recipes"]["setup"][1:]
    assert found["recipes"]["deploy"] == cold["recipes"]["deploy"]


def test_a_load_balancer_of_the_provider_has_time_for_the_ten_checks_of_a_classic_one(stack):
    record = InstanceRecord("web-1", ("web",), State.STOPPED, machine=MachineRecord("t", 0, {}, id="m"))
    assert entry(stack, record)["join_timeout"] > 10 * 30


SHOP = """\
plugin: stackward.ops.stack
name: shop
provider: {type: container}
layers:
  front: {uses: haproxy}
  web: {uses: static_web}
  blogs: {uses: node_app}
  more: {}
instances:
  lb1: {layers: [front]}
  web1: {layers: [web]}
  other1: {layers: [blogs, more]}
apps:
  storefront: {layers: [web], source: {type: directory, path: .}}
  blog: {layers: [blogs], source: {type: directory, path: .}}
"""


@pytest.fixture
def shop(tmp_path):
    """A web server behind a load balancer, and layers that it may have left."""
    (tmp_path / "shop.stack.yml").write_text(SHOP)
    return loader.load(str(tmp_path / "shop.stack.yml"), environment={})


def leaves(stack, *apps, live=(), layers=("web", "more")):
    machine = MachineRecord("t", 0, {}, id="m")
    released = tuple(AppRelease(name, "1", "1") for name in apps)
    records = {
        name: InstanceRecord(name, its.layers, State.ONLINE, machine=machine) for name, its in stack.instances.items()
    }
    records["web1"] = replace(records["web1"], layers=layers, apps=released)
    deployments = {item.app: item for item in live}
    state = StackState("shop", 1, records, {}, (), deployments)
    move = Move("web1", Action.LEAVE, State.ONLINE, Initiator.USER, "it left")
    return entry_of(stack, state, Claimed(move, 1, "converge#1", records["web1"], ()))


def test_who_leaves_a_layer_goes_on_answering_for_its_other_apps(shop):
    assert leaves(shop, "storefront")["balancers"] == []
    found = leaves(shop, "storefront", "blog", layers=("web", "blogs"))
    assert (found["balancers"], found["backends"]) == (["lb1"], ["blog"])


def test_an_app_that_somebody_has_stopped_is_known(shop):
    live = Deployment("storefront", "1", "1", datetime(2026, 3, 2, tzinfo=UTC), running=False)
    assert leaves(shop, live=[live])["stopped"] == ["storefront"]
    assert leaves(shop, live=[replace(live, running=True)])["stopped"] == []


def serving(stack, app, name):
    """Whether what HAProxy has found of an instance before a deploy does not count after it; None where none waits."""
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    machine = MachineRecord("t", 0, {}, id="m")
    records = {
        each: InstanceRecord(each, its.layers, State.ONLINE, machine=machine) for each, its in stack.instances.items()
    }
    asked = Command(1, 1, name, "deploy", {"app": app}, Initiator.USER, "asked for", False, CommandStatus.PENDING, now)
    state = StackState("shop", 1, records, {}, (asked,), {})
    move = Move(name, Action.DEPLOY, State.ONLINE, Initiator.USER, "asked for")
    found = entry_of(stack, state, Claimed(move, 1, "deploy#1", records[name], (asked,)))
    return next((step["recheck"] for step in found["steps"] if step["do"] == "serve"), None)


@pytest.mark.parametrize(
    ("uses", "health", "anew"),
    [
        ("static_web", "", True),
        ("static_web", ", deploy: {health: {tcp: 80}}", False),
        ("node_app", "", False),
        ("node_app, healthcheck: null", "", True),
        ("node_app, healthcheck: null", ", deploy: {health: {tcp: 8000}}", False),
    ],
)
def test_haproxy_checks_a_release_anew_that_nobody_else_has_checked(tmp_path, uses, health, anew):
    text = SHOP.replace("web: {uses: static_web}", f"web: {{uses: {uses}}}")
    text = text.replace("web1: {", "web2: {layers: [web]}\n  web1: {")
    text = text.replace("storefront: {layers: [web]", f"storefront: {{layers: [web]{health}")
    (tmp_path / "shop.stack.yml").write_text(text)
    stack = loader.load(str(tmp_path / "shop.stack.yml"), environment={})
    assert serving(stack, "storefront", "web1") is anew
    assert serving(stack, "blog", "other1") is None
