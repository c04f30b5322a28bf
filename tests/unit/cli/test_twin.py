"""A twin is removed whatever becomes of the rehearsal; the real one is tried in tests/endtoend/test_healing.py."""

import pytest

from stackward.cli import running, twin
from stackward.cli.running import Outcome


class Provider:
    def __init__(self):
        self.removed = []

    def remove_stack(self, stack):
        self.removed.append(stack)


@pytest.fixture
def provider(monkeypatch):
    made = Provider()
    monkeypatch.setattr(twin.providers, "load", lambda _choice, *, stack: made)
    return made


@pytest.fixture
def plays(monkeypatch):
    """The plays that were asked for; each ends as told."""
    asked, ends = [], [Outcome(1, False, 1.0)]

    def run(command, environment, log, look):
        asked.append((command, environment))
        return ends[0]

    monkeypatch.setattr(running, "run", run)
    return asked, ends


def left(project):
    return [path.name for path in (project / "inventory").iterdir() if path.name != "shop.stack.yml"]


def test_one_that_cannot_start_is_removed_and_said(told, stackward, project, provider, plays):
    ran = stackward("rehearse", "heal", "web1", "--really", columns=200)
    assert ran.code == 1
    assert "shop-twin is made like web1" in ran.out
    assert "The twin could not start: it was not begun. The same may happen to web1." in ran.err
    # What a rehearsal before has left goes first, and all of this one at the end.
    assert provider.removed == ["shop-twin", "shop-twin"]
    assert left(project) == []
    assert not (project / "var" / "shop-twin").exists()
    ((command, environment),) = plays[0]
    assert command[1:] == ["stackward.ops.start", "-i", str(project / "inventory" / ".shop-twin.stack.yml")]
    assert "STACKWARD_STATE" not in environment


def test_one_that_is_interrupted_is_removed(told, stackward, project, provider, plays):
    plays[1][0] = Outcome(1, True, 1.0)
    ran = stackward("rehearse", "heal", "web1", "--really")
    assert ran.code == 130
    assert provider.removed == ["shop-twin", "shop-twin"]
    assert left(project) == []


def test_the_stack_itself_is_not_touched(told, stackward, provider, plays):
    before = told.snapshot("shop")
    stackward("rehearse", "heal", "web1", "--really")
    assert told.snapshot("shop") == before
    assert "shop" not in provider.removed


def test_a_second_rehearsal_waits_for_nobody(told, stackward, project, provider, plays):
    import fcntl

    with (project / "inventory" / ".shop-twin.stack.yml").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ran = stackward("rehearse", "heal", "web1", "--really", columns=200)
    assert ran.code == 1
    assert "Another rehearsal of shop is under way" in ran.err
    assert provider.removed == []


def test_only_hosts_in_containers_have_twins(told, stackward, project, provider, plays):
    (project / "plugins" / "providers").mkdir(parents=True)
    (project / "plugins" / "providers" / "mine.py").touch()
    file = project / "inventory" / "shop.stack.yml"
    file.write_text(file.read_text().replace("{type: container, image: debian-12}", "{type: mine}"))
    ran = stackward("rehearse", "heal", "web1", "--really", columns=200)
    assert ran.code == 1
    assert "a twin is only made of hosts in containers" in ran.err
    assert plays[0] == []
