"""Handlers that recipes notify: they belong to the event, so they run within it, and the event fails with them."""

from __future__ import annotations

import pytest
import yaml

from tests.endtoend.project import Project, project

pytestmark = [pytest.mark.containers, pytest.mark.endtoend]

NOTES = "/root/notes"
ROLE: dict[str, list[dict[str, object]]] = {
    "tasks": [
        {
            "name": "Change something",
            "ansible.builtin.command": "true",
            "changed_when": True,
            "notify": "Note it",
        }
    ],
    "handlers": [
        {
            "name": "Note it",
            "ansible.builtin.shell": {"cmd": f"test ! -e /root/broken && echo {{{{ stackward.event }}}} >> {NOTES}"},
            "changed_when": True,
        }
    ],
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handlers")
    for part, content in ROLE.items():
        (folder / "roles" / "noting" / part).mkdir(parents=True)
        (folder / "roles" / "noting" / part / "main.yml").write_text(yaml.safe_dump(content))
    words = "wait; for HOME in $STACKWARD_EVENT; do echo after $HOME >> /root/notes; done"
    with project(folder, "autohandle") as made:
        made.write(
            {
                "layers": {
                    "own": {
                        "recipes": {
                            "setup": ["noting"],
                            "configure": [{"command": ["sh", "-c", words]}],
                            "shutdown": ["noting"],
                        }
                    }
                },
                "instances": {"own1": {"layers": ["own"]}},
            }
        )
        made.play("start")
        yield made


def notes(stack: Project) -> list[str]:
    return stack.on("own1", "cat", NOTES).splitlines()


def test_a_handler_runs_in_the_event_that_notifies_it_also_before_a_machine_stops(stack):
    assert notes(stack) == ["setup", "after configure"]
    stack.play("stop")
    stack.play("start")
    assert notes(stack) == ["setup", "after configure", "shutdown", "setup", "after configure"]


def test_an_event_fails_with_its_handler(stack):
    stack.on("own1", "touch", "/root/broken")
    printed = stack.play("setup", succeeds=False)
    assert stack.states() == {"own1": "setup_failed"}
    assert "Note it" in printed
    stack.on("own1", "rm", "/root/broken")
    stack.play("setup")
    assert stack.states() == {"own1": "online"}
