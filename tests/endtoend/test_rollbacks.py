"""A rollback brings back what was served before, whatever kind of app it is."""

from __future__ import annotations

import subprocess

import pytest

from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

PAGES = {
    "brochure": ("index.html", "{version}"),
    "guestbook": ("index.php", "<?php echo '{version}';"),
    "shouts": (
        "server.js",
        "require('http').createServer((_, answer) => answer.end('{version}')).listen(process.env.PORT)",
    ),
}
LAYERS = {
    "site": {"uses": "static_web", "port": 8080},
    "php": {"uses": "php_app", "port": 8100, "extensions": []},
    "node": {"uses": "node_app", "port": 8200, "npm": False, "healthcheck_within": 8},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("rollbacks"), "rollbacks") as made:
        write(made, "one")
        apps = {
            name: {"layers": [layer], "source": {"type": "directory", "path": str(made.folder / name)}}
            for name, layer in zip(PAGES, LAYERS, strict=True)
        }
        made.write({"layers": LAYERS, "instances": {"host1": {"layers": list(LAYERS)}}, "apps": apps})
        made.play("start")
        yield made


def write(shop: Project, version: str) -> None:
    for name, (file, text) in PAGES.items():
        (shop.folder / name).mkdir(exist_ok=True)
        (shop.folder / name / file).write_text(text.replace("{version}", version))


def served(shop: Project, app: str) -> str:
    address = shop.state().instances["host1"].machine.address
    port = LAYERS[dict(zip(PAGES, LAYERS, strict=True))[app]]["port"]
    place = list(PAGES).index(app) if app != "brochure" else 0
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", f"http://{address}:{port + place}/"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("app", PAGES)
def test_the_release_before_is_served_again(shop, app):
    write(shop, "one")
    assert served(shop, app) == "one"
    first = {item.app: item.release for item in shop.state().instances["host1"].apps}[app]
    write(shop, "two")
    shop.play("deploy", app=app)
    assert served(shop, app) == "two"
    shop.play("rollback", app=app)
    assert served(shop, app) == "one"
    assert {item.app: item.release for item in shop.state().instances["host1"].apps}[app] == first
    past = shop.store().rollouts("rollbacks", app=app)
    assert [(item.kind, item.status.value) for item in past[:2]] == [
        ("rollback", "successful"),
        ("deploy", "successful"),
    ]


def test_a_release_that_does_not_answer_is_taken_back_where_no_load_balancer_takes_part(shop):
    before = {item.app: item.release for item in shop.state().instances["host1"].apps}
    (shop.folder / "shouts" / "server.js").write_text("process.exit(3)\n")
    printed = shop.play("deploy", app="shouts", succeeds=False)
    assert "host1 serves what it served before" in printed
    assert served(shop, "shouts") == "one"
    assert {item.app: item.release for item in shop.state().instances["host1"].apps} == before
    past = shop.store().rollouts("rollbacks", app="shouts")
    assert past[0].status.value == "failed"
    assert "answer" in past[0].failure
    assert past[0].results["host1"].failure.endswith("the release before is back")
