"""An update of a layer that is at work: its visitors notice none of it, however long an app takes to come up again."""

from __future__ import annotations

import pytest

from tests.endtoend.project import project
from tests.endtoend.visitors import visited

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

SLOW = """
import time

time.sleep(10)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"good\\n"]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("updates"), "updates") as made:
        (made.folder / "code").mkdir()
        (made.folder / "code" / "app.py").write_text(SLOW)
        made.write(
            {
                "layers": {"lb": {"uses": "haproxy"}, "web": {"uses": "python_app", "workers": 1}},
                "instances": {"front": {"layers": ["lb"]}, "web[1:2]": {"layers": ["web"]}},
                "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": "../code"}}},
            }
        )
        made.play("start")
        yield made


def test_the_next_batch_of_an_update_waits_until_what_was_rebooted_answers(shop):
    boots = {name: shop.on(name, "stat", "--format=%Y", "/proc/1") for name in ("web1", "web2")}
    for name in boots:
        shop.on(name, "touch", "/run/stackward-reboot-wanted")
    with visited(shop) as found:
        shop.play("update", layer="web")
    assert set(found) == {"200"}, found
    assert all(shop.on(name, "stat", "--format=%Y", "/proc/1") != before for name, before in boots.items())
    assert shop.states() == dict.fromkeys(("front", "web1", "web2"), "online")


def test_a_setup_in_batches_does_not_wait_for_an_app_that_somebody_has_stopped(shop):
    shop.play("stop_app", app="site")
    shop.play("setup", layer="web")
    assert shop.states() == dict.fromkeys(("front", "web1", "web2"), "online")
    shop.play("start_app", app="site")
