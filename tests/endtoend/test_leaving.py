"""Layers that a running instance leaves: what they keep running stops, whatever becomes of their recipes."""

from __future__ import annotations

import pytest

from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("leaving"), "leaving") as made:
        write(made, "web", "cache")
        made.play("start", instance="box1")
        yield made


def write(shop: Project, *its: str, cache: bool = True) -> None:
    fails = {"name": "Fail", "ansible.builtin.command": {"cmd": "/bin/false"}}
    layers = {
        "web": {},
        **({"cache": {"uses": "memcached", "recipes": {"shutdown": [shop.recipe("cache", [fails])]}}} if cache else {}),
    }
    # A layer wants an instance; this one never starts.
    idle = {"idle1": {"layers": ["cache"]}} if cache else {}
    shop.write({"layers": layers, "instances": {"box1": {"layers": list(its)}, **idle}})


def runs(shop: Project) -> bool:
    return shop.on("box1", "sh", "-c", "systemctl is-active memcached || true").strip() == "active"


def test_a_shutdown_recipe_that_fails_is_told_and_the_service_stops_all_the_same(shop):
    assert runs(shop)
    write(shop, "web")
    printed = shop.play("converge")
    assert "box1: its Shutdown failed, and it leaves cache all the same" in printed
    assert not runs(shop)
    assert shop.states()["box1"] == "online"
    ended = [(item.event, item.status.value) for item in shop.store().commands(shop.name, instance="box1", limit=3)]
    assert ("shutdown", "failed") in ended
    assert ("shutdown", "successful") in ended
    assert "nothing to do" in shop.command("plan").stdout


def test_a_layer_that_is_gone_from_the_file_leaves_nothing_running(shop):
    write(shop, "web", "cache")
    shop.play("converge")
    assert runs(shop)
    write(shop, "web", cache=False)
    assert "box1: leave (online; user: it is not in cache any more" in shop.command("plan").stdout
    shop.play("converge")
    assert not runs(shop)
    assert shop.states()["box1"] == "online"
