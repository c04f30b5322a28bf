"""A deploy is well when the app's own unit answers, and not when somebody else does in its place."""

from __future__ import annotations

import pytest

from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

UNIT = """\
[Unit]
StartLimitIntervalSec=0
[Service]
WorkingDirectory=/
ExecStart=/usr/bin/python3 -m http.server 8000
Restart=always
RestartSec=200ms
"""
DEPLOY = [
    {
        "name": "Have a unit of the app",
        "ansible.builtin.copy": {"dest": "/etc/systemd/system/site.service", "content": UNIT},
    },
    {
        "name": "Run the release",
        "ansible.builtin.systemd_service": {"name": "site", "state": "restarted", "daemon_reload": True},
    },
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with project(tmp_path_factory.mktemp("answering"), "answering") as made:
        (made.folder / "code").mkdir()
        (made.folder / "code" / "index.html").write_text("one\n")
        made.write(
            {
                "layers": {"web": {"recipes": {"deploy": [made.recipe("deploy", DEPLOY)]}}},
                "instances": {"web1": {"layers": ["web"]}},
                "apps": {
                    "site": {
                        "layers": ["web"],
                        "source": {"type": "directory", "path": "../code"},
                        "deploy": {"health": {"http": ":8000/", "within": "20s"}},
                    }
                },
            }
        )
        made.play("start")
        yield made


def deploy(shop: Project, version: str, *, succeeds: bool) -> str:
    (shop.folder / "code" / "index.html").write_text(f"{version}\n")
    return shop.play("deploy", succeeds=succeeds)


def test_an_app_that_answers_itself_is_well(shop):
    deploy(shop, "two", succeeds=True)


def test_a_process_that_was_left_over_does_not_answer_for_an_app_that_cannot_start(shop):
    shop.on("web1", "systemctl", "stop", "site")
    shop.on("web1", "systemd-run", "--unit=leftover", "/usr/bin/python3", "-m", "http.server", "8000")
    printed = deploy(shop, "three", succeeds=False)
    assert "something else answered: site.service " in printed
    shop.on("web1", "systemctl", "stop", "leftover")
    deploy(shop, "four", succeeds=True)
