"""The callback that keeps the logs of commands and the claims of a run, driven as ansible-playbook drives it."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from ansible_collections.stackward.ops.plugins.callback import journal
from ansible_collections.stackward.ops.plugins.plugin_utils import session

from stackward.definition import loader
from stackward.errors import StateError
from stackward.lifecycle.states import Initiator
from stackward.state.store import Store, open_store

pytestmark = pytest.mark.ansible

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STACK = {
    "plugin": "stackward.ops.stack",
    "name": "shop",
    "provider": {"type": "container"},
    "layers": {"web": {}},
    "instances": {"web1": {"layers": ["web"]}},
}
HOST = SimpleNamespace(get_name=lambda: "web1", get_groups=lambda: [SimpleNamespace(vars={"stackward_stack": "shop"})])


class Run:
    """One run of ansible-playbook: it has claimed web1 and has begun a command on it."""

    def __init__(self, folder: Path) -> None:
        path = folder / "inventory" / "shop.stack.yml"
        path.parent.mkdir()
        path.write_text(yaml.safe_dump(STACK))
        self.stack = loader.load(str(path), environment={})
        # As the inventory leaves it behind.
        session._stacks[self.stack.digest] = self.stack
        self.store: Store = session.store_of(self.stack)
        with self.store.transaction("shop") as write:
            write.put_instance("web1", ("web",), NOW)
            self.run = write.begin_run("setup", "host", 1, 1.0, "anna", NOW)
            claim = write.claim("web1", self.run, "setup#1", session.now(), session.now() + timedelta(seconds=1))
            asked = {"batch": None, "initiator": Initiator.USER, "reason": "", "automatic": False, "now": NOW}
            self.command = write.ask("web1", "setup", {}, **asked).id
            write.begin_command(self.command, claim.epoch, self.run, NOW)
        self.callback = journal.CallbackModule()
        self.callback.get_option = lambda _name: 0.01
        self.callback._display = SimpleNamespace(warning=self.warn)
        self.warnings: list[str] = []
        claimed = {"stack": "shop", "file": str(path), "digest": self.stack.digest, "run": self.run}
        self.task("stackward.ops.claim", {"runs": {"shop": self.run}, "instances": {"web1": claimed}})
        self.task("stackward.ops.event", {"command": self.command}, name="Begin")

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def task(self, action: str, result: dict, *, name: str = "Do it", ends: str = "ok", no_log: bool = False) -> None:
        task = SimpleNamespace(_uuid=name, action=action, resolved_action=action, get_name=lambda: name, no_log=no_log)
        self.callback.v2_runner_on_start(HOST, task)
        getattr(self.callback, f"v2_runner_on_{ends}")(SimpleNamespace(host=HOST, task=task, result=result))

    def end(self) -> None:
        self.callback.v2_playbook_on_stats(SimpleNamespace(processed={"web1": 1}))

    def log(self) -> list[tuple[str, str, str]]:
        return [(line.task, line.status, line.text) for line in self.store.log(self.command)]


@pytest.fixture(autouse=True)
def no_options(monkeypatch):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict())


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_the_log_has_every_task_with_its_outcome_in_order(run):
    for number in range(500):
        run.task("ansible.builtin.command", {"changed": bool(number % 2)}, name=f"Task {number}")
    run.task("ansible.builtin.apt", {"msg": "no package"}, name="Install", ends="failed")
    run.task("ansible.builtin.ping", {"msg": "no route"}, name="Reach", ends="unreachable")
    run.end()
    log = run.log()
    assert log[0] == ("Begin", "ok", "")
    assert log[1:501] == [(f"Task {number}", ("ok", "changed")[number % 2], "") for number in range(500)]
    assert log[501:] == [("Install", "failed", "no package"), ("Reach", "unreachable", "no route")]
    assert not run.warnings


def test_a_store_that_cannot_be_written_for_a_while_loses_no_line(run, monkeypatch):
    real, refusals = Store.append_log, iter(range(2))

    def refuse(store, lines):
        if next(refusals, None) is not None:
            raise StateError("the disk is full")
        real(store, lines)

    monkeypatch.setattr(Store, "append_log", refuse)
    run.task("ansible.builtin.command", {}, name="Work")
    run.end()
    assert [line[0] for line in run.log()] == ["Begin", "Work"]
    assert "the disk is full" in run.warnings[0]
    assert not [warning for warning in run.warnings if "lost" in warning]


def test_what_can_never_be_written_is_said_to_be_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "LAST_ATTEMPTS", 1)

    def refuse(*_):
        raise StateError("the disk is full")

    monkeypatch.setattr(Store, "append_log", refuse)
    run = Run(tmp_path)
    run.end()
    assert run.warnings[-1] == "1 lines of the logs of shop are lost; nothing else of the run is."


def test_a_task_never_waits_for_the_store(tmp_path, monkeypatch):
    free = threading.Event()
    real = Store.append_log

    def wait(store, lines):
        free.wait()
        real(store, lines)

    monkeypatch.setattr(Store, "append_log", wait)
    run = Run(tmp_path)
    for number in range(100):
        run.task("ansible.builtin.command", {}, name=f"Task {number}")
    assert run.log() == []
    free.set()
    run.end()
    assert len(run.log()) == 101


def test_claims_are_renewed_with_what_the_run_is_doing(run):
    run.task("ansible.builtin.command", {}, name="Compile for long")
    seen = threading.Event()
    while not seen.wait(0.05):
        claim = run.store.snapshot("shop").claims["web1"]
        if claim.doing == "Compile for long" and claim.expires > session.now() + timedelta(seconds=60):
            seen.set()
    run.end()


def test_what_a_task_hides_is_not_in_its_log(run):
    run.task("ansible.builtin.command", {"msg": "hunter2"}, name="Log in", ends="failed", no_log=True)
    run.end()
    assert run.log()[-1] == ("Log in", "failed", "hidden: no_log")


INTERRUPTED = """\
import sys
from pathlib import Path
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from tests.contract.collection.test_journal import Run
context.CLIARGS = ImmutableDict()
run = Run(Path(sys.argv[1]))
run.task("ansible.builtin.command", {}, name="Last words")
raise KeyboardInterrupt
"""


def test_a_run_that_ctrl_c_ends_has_its_whole_log(tmp_path):
    (tmp_path / "run").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path / "run")],
        cwd=Path(__file__).parents[3],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "KeyboardInterrupt" in done.stderr
    stack = loader.load(str(tmp_path / "run" / "inventory" / "shop.stack.yml"), environment={})
    with open_store(stack.state) as store:
        assert [line.task for line in store.log(1)] == ["Begin", "Last words"]
