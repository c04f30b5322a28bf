"""A release that no check of its own looks at: HAProxy has to find it well, and not the one before it."""

from __future__ import annotations

import pytest

from tests.endtoend.project import project
from tests.endtoend.visitors import visited

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("unchecked"), "unchecked") as made:
        (made.folder / "pages").mkdir()
        (made.folder / "pages" / "index.html").write_text("one")
        made.write(
            {
                "layers": {"lb": {"uses": "haproxy"}, "web": {"uses": "static_web"}},
                "instances": {"front": {"layers": ["lb"]}, "web[1:2]": {"layers": ["web"]}},
                "apps": {"site": {"layers": ["web"], "source": {"type": "directory", "path": "../pages"}}},
            }
        )
        made.play("start")
        yield made


def test_a_site_that_haproxy_finds_broken_stops_the_deploy_and_nobody_notices(shop):
    page = shop.folder / "pages" / "index.html"
    page.write_text("two")
    with visited(shop) as found:
        shop.play("deploy", app="site")
        page.rename(page.with_name("other.html"))
        printed = shop.play("deploy", app="site", succeeds=False)
    assert set(found) == {"200"}, found
    assert "HAProxy does not find web1 well" in printed
    assert [shop.on(name, "cat", "/srv/site/current/index.html") for name in ("web1", "web2")] == ["two", "two"]
