"""Deploys in one call on each host, by Ansible itself; in place of each host's Python, a program that only answers."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from stackward.definition import loader
from stackward.engine import deployments
from stackward.lifecycle.states import State
from stackward.rollout import drift
from stackward.state.records import MachineRecord, RolloutStatus
from stackward.state.store import open_store

pytestmark = pytest.mark.ansible

REPOSITORY = Path(__file__).parents[3]
WAY_ONLINE = (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE)
WELL = """\
#!/bin/sh
cat > {folder}/sent-$$
echo '{{"changed": true, "results": [], "missing": []}}'
"""
SICK = """\
#!/bin/sh
if grep --quiet 'take_back[^,]*true'; then
  echo '{{"changed": true, "results": [], "missing": []}}'
else
  echo '{{"failed": true, "msg": "nothing answers", "results": [], "missing": []}}'
  exit 1
fi
"""


LOST = """\
#!/bin/sh
echo '{{"failed": true, "msg": "the disk is gone", "results": [], "missing": []}}'
exit 1
"""


class Shop:
    """Three instances that are online, as far as the state knows, and an app of theirs."""

    def __init__(self, folder: Path, uses: str = "static_web", **app: object) -> None:
        self.folder = folder
        self.file = folder / "inventory" / "shop.stack.yml"
        self.file.parent.mkdir()
        (folder / "code").mkdir()
        source = {"type": "directory", "path": "../code"}
        definition = {
            "plugin": "stackward.ops.stack",
            "name": "shop",
            "provider": {"type": "container"},
            "layers": {"web": {"uses": uses}},
            "instances": {"web[1:3]": {"layers": ["web"]}},
            "apps": {"site": {"layers": ["web"], "source": source, "deploy": {"batch": 1}, **app}},
        }
        self.file.write_text(yaml.safe_dump(definition))
        self._put_online()

    def _put_online(self) -> None:
        now = datetime.now(UTC)
        with self.store() as store, store.transaction("shop") as transaction:
            run = transaction.begin_run("start", "test", 1, 0.0, "test", now)
            for number, name in enumerate(("web1", "web2", "web3")):
                transaction.put_instance(name, ("web",), now)
                epoch = transaction.claim(name, run, "test", now, now + timedelta(minutes=1)).epoch
                transaction.set_machine(
                    name, epoch, MachineRecord(f"t{number}", 1, {}, f"m{number}", f"10.0.0.{number}")
                )
                for state in WAY_ONLINE:
                    transaction.advance(name, epoch, state, now, actor="test", run=run)
                # Everybody has been told of all three, the last of whom makes the third generation.
                transaction.configured(name, epoch, 3)
            transaction.end_run(run, now)

    def store(self):
        stack = loader.load(str(self.file), environment={})
        Path(stack.data).mkdir(parents=True, exist_ok=True)
        return open_store(stack.state)

    def set_up(self, version: str) -> None:
        """Have the app's first release come with the Setups of its instances."""
        (self.folder / "code" / "index.html").write_text(version)
        now = datetime.now(UTC)
        stack = loader.load(str(self.file), environment={})
        app = stack.apps["site"]
        with self.store() as store:
            first = deployments.for_setup(store, stack, app, lambda: now)
            with store.transaction("shop") as transaction:
                run = transaction.begin_run("setup", "test", 1, 0.0, "test", now)
                for name, instance in stack.instances.items():
                    epoch = transaction.claim(name, run, "test", now, now + timedelta(minutes=1)).epoch
                    transaction.set_release(name, epoch, deployments.as_deployed(stack, app, instance, first))
                    transaction.release(name, epoch)
                transaction.end_run(run, now)

    def deploy(self, version: str, sick: tuple[str, ...] = (), *, fails: bool = False, lost: str = "") -> str:
        """Deploy a new page to hosts of which some do not get well with it. Returns what was printed."""
        (self.folder / "code" / "index.html").write_text(version)
        hosts = {}
        for name in ("web1", "web2", "web3"):
            python = self.folder / name
            program = LOST if name == lost else SICK if name in sick else WELL
            python.write_text(program.format(folder=self.folder))
            python.chmod(0o755)
            hosts[name] = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        command = [
            sys.executable,
            "-m",
            "ansible",
            "playbook",
            "stackward.ops.deploy",
            "-e",
            json.dumps({"app": "site"}),
        ]
        for inventory in (self.file, self.folder / "hosts.yml", REPOSITORY / "inventory" / "localhost.yml"):
            command += ["-i", str(inventory)]
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "STACKWARD_"))}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**kept, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is not (fails or bool(sick) or bool(lost)), done.stdout + done.stderr
        return done.stdout

    def sent(self) -> list[str]:
        """Return the calls that have come to hosts that are well."""
        return [path.read_text() for path in self.folder.glob("sent-*")]

    def last(self):
        with self.store() as store:
            return store.rollouts("shop", app="site", limit=1)[0]

    def releases(self) -> dict[str, str]:
        with self.store() as store:
            return {name: record.apps[0].release for name, record in store.snapshot("shop").instances.items()}


def came_of(rollout) -> dict[str, str]:
    return {name: result.status for name, result in rollout.results.items()}


def test_a_batch_comes_after_the_other_and_one_that_fails_is_taken_back_and_ends_the_deploy(tmp_path):
    shop = Shop(tmp_path)
    printed = shop.deploy("one")
    assert "in 3 batches: web1 | web2 | web3" in printed
    assert "included:" not in printed
    # One call on each host, and the code came with it.
    assert ["shipped" in call for call in shop.sent()] == [True] * 3
    first = shop.last()
    assert first.status is RolloutStatus.SUCCESSFUL
    assert set(shop.releases().values()) == {first.release}

    printed = shop.deploy("two", sick=("web2",))
    second = shop.last()
    assert second.status is RolloutStatus.FAILED
    assert came_of(second) == {
        "web1": "successful",
        "web2": "failed",
        "web3": "skipped",
    }
    assert second.failure == "web2: Put the release in place: nothing answers"
    assert second.results["web2"].failure.endswith("the release before is back")
    assert shop.releases() == {"web1": second.release, "web2": first.release, "web3": first.release}
    assert "web2, web3 serve what they served before. web1 had it before that and keeps it" in printed


def test_a_deploy_of_one_batch_is_claimed_and_concluded_by_the_looks_that_a_run_takes_anyway(tmp_path):
    shop = Shop(tmp_path, deploy={"batch": "100%"})
    printed = shop.deploy("one")
    assert re.findall(r"^TASK \[(\w+ \w+)", printed, re.MULTILINE) == [
        "Write the",
        "Claim the",
        "Put the",
        "Claim the",
    ]
    assert shop.last().status is RolloutStatus.SUCCESSFUL
    assert set(shop.releases().values()) == {shop.last().release}
    with shop.store() as store:
        assert not store.snapshot("shop").claims

    shipped = re.findall(r'"shipped": {"[^"]+": "([A-Za-z0-9+/=]+)"', "".join(shop.sent()))
    assert len(shipped) == 3
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(shipped[0]))) as archive:
        assert archive.getnames() == ["index.html"]


def test_one_batch_that_fails_somewhere_is_taken_back_everywhere(tmp_path):
    shop = Shop(tmp_path, deploy={"batch": "100%"})
    shop.deploy("one")
    first = shop.last()

    printed = shop.deploy("two", sick=("web2",))
    second = shop.last()
    assert second.status is RolloutStatus.FAILED
    assert came_of(second) == {
        "web1": "superseded",
        "web2": "failed",
        "web3": "superseded",
    }
    assert second.results["web2"].failure.endswith("the release before is back")
    assert set(shop.releases().values()) == {first.release}
    assert "web1, web2, web3 serve what they served before." in printed
    with shop.store() as store:
        assert not store.snapshot("shop").claims
        assert not store.snapshot("shop").commands


def test_the_migration_of_a_release_that_came_with_a_setup_is_run_by_the_first_deploy_and_not_again(tmp_path):
    shop = Shop(tmp_path, deploy={"batch": 1, "migrate": "./migrate-here"})
    shop.set_up("one")
    for _ in range(2):
        printed = shop.deploy("one")
        assert shop.last().status is RolloutStatus.SUCCESSFUL, printed
    assert len([call for call in shop.sent() if "./migrate-here" in call]) == 1
    with shop.store() as store:
        assert [rollout.migrated for rollout in store.rollouts("shop", app="site", limit=3)] == [False, True, False]


def test_a_check_of_its_own_knows_the_secrets_that_an_app_may_answer_with(tmp_path):
    shop = Shop(
        tmp_path,
        "python_app",
        environment={"SECRET_KEY": "hush-1a2b3c"},
        deploy={"batch": 1, "health": {"http": ":8000/"}, "hooks": {"before_check": [{"command": "true"}]}},
    )
    (tmp_path / "code" / "app.py").write_text("application = None")
    shop.deploy("one")
    sent = [line for call in shop.sent() for line in call.splitlines()]
    calls = [line for line in sent if "127.0.0.1:8000" in line and "/current" not in line]
    assert len(calls) == len([line for line in calls if "hush-1a2b3c" in line]) > 0


@pytest.mark.parametrize("size", [1, "100%"])
def test_an_instance_that_cannot_be_given_the_release_before_is_told_of_and_a_rollback_brings_it(tmp_path, size):
    shop = Shop(tmp_path, deploy={"batch": size})
    shop.deploy("one")
    first = shop.last()
    printed = shop.deploy("two", lost="web1")
    second = shop.last()
    assert "web2, web3 serve what they served before. web1: the release before could not be put back" in printed
    assert shop.releases() == {"web1": second.release, "web2": first.release, "web3": first.release}
    with shop.store() as store:
        state, stack = store.snapshot("shop"), loader.load(str(shop.file), environment={})
        assert deployments.earlier(store, stack, state, stack.apps["site"]).release == first.release
        (there,) = state.instances["web1"].apps
        # A Configure keeps its hands off what has other settings.
        assert drift.other_settings(stack, stack.apps["site"], stack.instances["web1"], there)


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ({"ansible.builtin.assert": {"that": False, "fail_msg": "hush-1a2b3c"}, "no_log": True}, "hidden: no_log"),
        ({"ansible.builtin.fail": {"msg": "{{ item }} is shut"}, "loop": ["east", "west"]}, "east: east is shut; west"),
    ],
    ids=["one that is hidden", "a loop"],
)
def test_of_a_hook_that_fails_is_kept_why_and_nothing_that_it_hides(tmp_path, task, told):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "gate.yml").write_text(yaml.safe_dump([{"name": "Open the gate", **task}]))
    shop = Shop(tmp_path, deploy={"hooks": {"before_release": [{"tasks": "recipes/gate.yml"}]}})
    shop.deploy("one", fails=True)
    assert shop.last().failure.startswith(f"web1: Open the gate: {told}")
    with shop.store() as store:
        kept = (*store.journal("shop", limit=500), *store.commands("shop", limit=500), shop.last())
    assert "hush-1a2b3c" not in str(kept)


def test_no_call_is_logged_on_the_host_with_what_it_brings(tmp_path):
    shop = Shop(tmp_path)
    shop.deploy("one")
    calls = [line for call in shop.sent() for line in call.splitlines() if "_ansible_no_log" in line]
    assert len(calls) == len([line for line in calls if re.search(r"_ansible_no_log\W+true", line)]) > 0
