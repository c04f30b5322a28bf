"""A Setup of a layer that is at work: its visitors notice none of it, and a failure ends it."""

from __future__ import annotations

import pytest

from tests.endtoend.project import Project, project
from tests.endtoend.visitors import visited

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

SETUP = [
    {
        "name": "Fail where somebody wants it",
        "ansible.builtin.command": "test ! -e /var/tmp/fail",
        "changed_when": False,
    },
    {
        "name": "Count the Setups",
        "ansible.builtin.shell": "echo once >> /var/tmp/setups",
        "changed_when": True,
    },
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("setups"), "setups") as made:
        (made.folder / "code").mkdir()
        (made.folder / "code" / "index.html").write_text("good\n")
        write(made, "web")
        made.play("start")
        yield made


def write(shop: Project, *layers: str, idle: tuple[str, ...] = ()) -> None:
    """The stack file, with web1 and web2 in these layers, and one that never starts in those that are idle."""
    more = {name: {"recipes": in_order(shop, name)} for name in (*layers, *idle) if name != "web"}
    shop.write(
        {
            "layers": {
                "lb": {"uses": "haproxy", "healthcheck": "/"},
                "web": {"uses": "static_web", "recipes": {"setup": [shop.recipe("setup", SETUP)]}},
                **more,
            },
            "instances": {
                "front": {"layers": ["lb"]},
                "web[1:2]": {"layers": list(layers)},
                **({"idle1": {"layers": list(idle)}} if idle else {}),
            },
            "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": "../code"}}},
        }
    )


def in_order(shop: Project, layer: str) -> dict[str, list[dict[str, str]]]:
    """Recipes whose Configure fails where their Setup has not been."""
    mark = f"/var/tmp/{layer}"
    tasks = {"setup": ["touch", mark], "configure": ["test", "-e", mark], "shutdown": ["sleep", "3"]}
    return {
        event: [
            shop.recipe(
                f"{event}-{layer}",
                [{"name": "Mark", "ansible.builtin.command": {"argv": argv}, "changed_when": False}],
            )
        ]
        for event, argv in tasks.items()
    }


def times(shop: Project) -> list[int]:
    """How often web1 and web2 have been set up."""
    return [len(shop.on(name, "cat", "/var/tmp/setups").split()) for name in ("web1", "web2")]


def test_a_layer_goes_on_serving_while_all_of_it_is_set_up_again(shop):
    before = times(shop)
    shown = shop.play("setup", "--check", layer="web")
    assert "setups: setup in 2 batches: web1 | web2" in shown
    assert "setups: web2: setup (later: it is in batch 2)" in shown
    assert times(shop) == before
    with visited(shop) as found:
        shop.play("setup", layer="web")
    assert times(shop) == [count + 1 for count in before]
    assert set(found) == {"200"}, found
    assert found["200"] > 100
    assert shop.states() == dict.fromkeys(("front", "web1", "web2"), "online")


def test_a_setup_that_fails_leaves_the_next_batch_as_it_is_and_says_so(shop):
    before = times(shop)
    shop.on("web1", "touch", "/var/tmp/fail")
    with visited(shop) as found:
        printed = shop.play("setup", layer="web", succeeds=False)
    assert "web1: its Setup failed: " in printed, printed
    assert "web2: not set up because of that, and as before." in printed
    assert times(shop) == before
    assert shop.states() == {"front": "online", "web1": "setup_failed", "web2": "online"}
    assert set(found) == {"200"}, found
    shop.on("web1", "rm", "/var/tmp/fail")
    shop.play("setup", layer="web")
    assert times(shop) == [count + 1 for count in before]
    assert shop.states() == dict.fromkeys(("front", "web1", "web2"), "online")


def test_a_layer_that_all_of_it_are_given_is_brought_batch_after_batch(shop):
    before = times(shop)
    write(shop, "web", "extra")
    shown = shop.play("converge", "--check")
    assert "setups: setup in 2 batches: web1 | web2" in shown
    with visited(shop) as found:
        shop.play("converge")
    assert times(shop) == [count + 1 for count in before]
    assert set(found) == {"200"}, found
    assert shop.states() == dict.fromkeys(("front", "web1", "web2"), "online")
    assert {name: record.layers for name, record in shop.state().instances.items() if name != "front"} == dict.fromkeys(
        ("web1", "web2"), ("web", "extra")
    )


def test_a_layer_that_one_cannot_be_given_leaves_the_others_serving_until_that_is_mended(shop):
    before = times(shop)
    shop.on("web1", "touch", "/var/tmp/fail")
    write(shop, "web", "extra", "more")
    with visited(shop) as found:
        printed = shop.play("converge", succeeds=False)
        shop.play("converge")
    assert "web2: not set up because of that, and as before." in printed
    assert times(shop) == before
    assert shop.states() == {"front": "online", "web1": "setup_failed", "web2": "online"}
    assert set(found) == {"200"}, found
    shop.on("web1", "rm", "/var/tmp/fail")
    shop.play("setup", instance="web1")
    with visited(shop) as found:
        shop.play("converge")
    assert times(shop) == [count + 1 for count in before]
    assert set(found) == {"200"}, found
    assert shop.states() == dict.fromkeys(("front", "web1", "web2"), "online")


def test_a_layer_that_is_taken_from_all_of_it_takes_nobody_out(shop):
    write(shop, "web", idle=("extra", "more"))
    with visited(shop) as found:
        shop.play("converge")
    assert {shop.state().instances[name].layers for name in ("web1", "web2")} == {("web",)}
    assert set(found) == {"200"}, found
