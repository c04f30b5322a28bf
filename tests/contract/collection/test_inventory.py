"""A stack file as an inventory, asked through Ansible's own commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from stackward.lifecycle.states import State
from stackward.state.records import MachineRecord
from stackward.state.store import open_store

pytestmark = pytest.mark.ansible

REPOSITORY = Path(__file__).parents[3]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SHOP = {
    "plugin": "stackward.ops.stack",
    "name": "shop",
    "provider": {"type": "container"},
    "layers": {"web": {}, "db": {}},
    "instances": {"web[1:2]": {"layers": ["web"]}, "db1": {"layers": ["db", "web"]}},
}


def write(folder: Path, **changes: object) -> Path:
    definition = {**SHOP, **changes}
    path = folder / "inventory" / f"{definition['name']}.stack.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(definition, sort_keys=False))
    return path


def ansible(folder: Path, *arguments: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "STACKWARD_"))}
    environment = {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "collections"),
        "ANSIBLE_INVENTORY_ENABLED": "stackward.ops.stack,yaml",
        "ANSIBLE_NOCOLOR": "1",
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-m", "ansible", *arguments],
        cwd=folder,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def listed(folder: Path, source: Path) -> dict:
    done = ansible(folder, "inventory", "-i", str(source), "--list")
    assert done.returncode == 0, done.stderr
    assert "__ansible_unsafe" not in done.stdout
    return json.loads(done.stdout)


def put_online(folder: Path, name: str, address: str, port: int = 22) -> None:
    store = open_store(f"sqlite:///{folder}/var/shop/state.db")
    with store.transaction("shop") as transaction:
        transaction.put_instance(name, ("web",), NOW)
        run = transaction.begin_run("test", "host", 1, 1.0, "test", NOW)
        epoch = transaction.claim(name, run, "test", NOW, NOW).epoch
        transaction.set_machine(name, epoch, MachineRecord("t", 1, {}, "m", address, port))
        for state in (State.REQUESTED, State.PENDING, State.BOOTING, State.RUNNING_SETUP, State.ONLINE):
            transaction.advance(name, epoch, state, NOW, actor="test")
        transaction.end_run(run, NOW)


def test_hosts_are_grouped_by_stack_layer_state_type_and_app(tmp_path):
    (tmp_path / "code").mkdir()
    app = {"layers": ["web"], "source": {"type": "directory", "path": str(tmp_path / "code")}}
    source = write(tmp_path, apps={"store-front": app})
    put_online(tmp_path, "web1", "192.0.2.7")
    groups = listed(tmp_path, source)
    assert groups["shop"]["hosts"] == ["web1", "web2", "db1"]
    assert groups["layer_web"]["hosts"] == ["web1", "web2", "db1"]
    assert groups["layer_db"]["hosts"] == ["db1"]
    assert groups["app_store_front"]["hosts"] == ["web1", "web2", "db1"]
    assert groups["state_online"]["hosts"] == ["web1"]
    assert groups["state_stopped"]["hosts"] == ["web2", "db1"]
    assert groups["type_24_7"]["hosts"] == ["web1", "web2", "db1"]


def test_only_instances_with_a_machine_have_an_address(tmp_path):
    source = write(tmp_path)
    put_online(tmp_path, "web1", "192.0.2.7", 2222)
    hosts = listed(tmp_path, source)["_meta"]["hostvars"]
    assert hosts["web1"]["ansible_host"] == "192.0.2.7"
    assert hosts["web1"]["ansible_port"] == 2222
    assert "ansible_host" not in hosts["web2"]


def test_variables_of_a_host_are_small_and_hold_no_description_of_the_stack(tmp_path):
    hosts = listed(tmp_path, write(tmp_path, attributes={"secret_sauce": "x" * 10_000}))["_meta"]["hostvars"]
    assert "secret_sauce" not in json.dumps(hosts)
    assert len(json.dumps(hosts["web1"])) < 2000


def test_compose_and_groups_of_the_users_own_are_extras(tmp_path):
    source = write(
        tmp_path,
        compose={"site": "'vienna'"},
        groups={"first": "inventory_hostname.endswith('1')"},
        keyed_groups=[{"key": "site", "prefix": "in"}],
    )
    found = listed(tmp_path, source)
    assert found["_meta"]["hostvars"]["web2"]["site"] == "vienna"
    assert found["first"]["hosts"] == ["web1", "db1"]
    assert found["in_vienna"]["hosts"] == ["web1", "web2", "db1"]


def test_a_value_that_looks_like_a_template_is_never_rendered(tmp_path):
    source = write(tmp_path, attributes={"text": "{{ lookup('pipe', 'touch rendered') }}"})
    listed(tmp_path, source)
    assert not (tmp_path / "rendered").exists()


def test_several_stacks_share_an_inventory(tmp_path):
    write(tmp_path)
    write(tmp_path, name="blog-two", instances={"blog[1:2]": {"layers": ["web"]}, "blogdb": {"layers": ["db"]}})
    found = listed(tmp_path, tmp_path / "inventory")
    assert found["shop"]["hosts"] == ["web1", "web2", "db1"]
    assert found["blog_two"]["hosts"] == ["blog1", "blog2", "blogdb"]
    done = ansible(tmp_path, "playbook", "stackward.ops.converge", "-i", str(tmp_path / "inventory"))
    assert done.returncode == 0, done.stdout
    assert "shop: nothing to do" in done.stdout
    assert "blog-two: nothing to do" in done.stdout


def test_two_stacks_with_an_instance_of_the_same_name_are_refused(tmp_path):
    write(tmp_path)
    write(tmp_path, name="blog")
    done = ansible(tmp_path, "playbook", "stackward.ops.converge", "-i", str(tmp_path / "inventory"))
    assert done.returncode != 0
    assert "need different names" in done.stdout + done.stderr


def test_two_files_of_a_stack_of_the_same_name_are_refused_whatever_their_instances_are_called(tmp_path):
    """Each would take the other's instances for those that have left the file."""
    copied = write(tmp_path).rename(tmp_path / "inventory" / "copied.stack.yml")
    write(tmp_path, instances={"blog1": {"layers": ["web"]}, "blogdb": {"layers": ["db"]}})
    done = ansible(tmp_path, "playbook", "stackward.ops.converge", "-i", str(tmp_path / "inventory"))
    assert done.returncode != 0
    assert f"name: {copied} is the file of a stack shop; stacks in one inventory need different names" in done.stdout


ALWAYS = {"layers": ["web"], "type": "time", "schedule": {"daily": "00:00-24:00"}}


def test_scale_shows_in_check_mode_what_it_would_do_and_writes_nothing(tmp_path):
    source = write(tmp_path, instances={**SHOP["instances"], "late1": ALWAYS})
    assert "late1" in listed(tmp_path, source)["type_time"]["hosts"]
    done = ansible(tmp_path, "playbook", "stackward.ops.scale", "-i", str(source), "--check")
    assert done.returncode == 0, done.stdout
    assert "shop: late1: scale: start (wanted always, by its schedule)" in done.stdout
    assert "shop: late1: start (stopped; auto-scaling: asked for)" in done.stdout
    with open_store(f"sqlite:///{tmp_path}/var/shop/state.db") as store:
        assert store.snapshot("shop").instances == {}
        assert store.journal("shop") == ()


BROKEN = """
from stackward.errors import ProviderError


class Broken:
    capabilities = frozenset()

    def describe(self, stack):
        return {}

    def create(self, request):
        raise ProviderError("there is no room left")

    start = stop = reboot = terminate = attach_address = detach_address = remove_stack = create


def provider(options, stack, data):
    return Broken()
"""


def test_scale_asks_for_a_start_once_and_waits_after_it_has_failed(tmp_path):
    provider = tmp_path / "plugins" / "providers" / "broken.py"
    provider.parent.mkdir(parents=True)
    provider.write_text(BROKEN)
    source = write(tmp_path, instances={**SHOP["instances"], "late1": ALWAYS}, provider={"type": "broken"})
    first = ansible(tmp_path, "playbook", "stackward.ops.scale", "-i", str(source))
    assert "there is no room left" in first.stdout
    with open_store(f"sqlite:///{tmp_path}/var/shop/state.db") as store:
        assert store.snapshot("shop").instances["late1"].state is State.START_FAILED
        assert list(store.snapshot("shop").instances) == ["late1"]
        entries = store.journal("shop")
        [request] = [entry for entry in entries if entry.kind == "request"]
        assert request.data["initiated_by"] == "auto-scaling"
        again = ansible(tmp_path, "playbook", "stackward.ops.scale", "-i", str(source))
        assert again.returncode == 0, again.stdout
        assert "shop: late1: scale: start withheld until" in again.stdout
        assert store.journal("shop") == entries


def test_a_start_without_names_leaves_time_based_instances_to_their_schedules(tmp_path):
    source = write(tmp_path, instances={**SHOP["instances"], "late1": ALWAYS})
    everything = ansible(tmp_path, "playbook", "stackward.ops.start", "-i", str(source), "--check")
    assert "shop: left to scaling: late1" in everything.stdout
    assert "shop: late1: start" not in everything.stdout
    named = ansible(tmp_path, "playbook", "stackward.ops.start", "-i", str(source), "--check", "-e", "instance=late1")
    assert "shop: late1: start" in named.stdout


def test_scale_without_anything_to_do_writes_nothing_and_runs_on_no_host(tmp_path):
    never = {**ALWAYS, "schedule": {"1999-12-31": "00:00-24:00"}}
    source = write(tmp_path, instances={**SHOP["instances"], "late1": never})
    done = ansible(tmp_path, "playbook", "stackward.ops.scale", "-i", str(source))
    assert done.returncode == 0, done.stdout
    assert "shop: nothing to do" in done.stdout
    assert "late1" not in done.stdout.partition("PLAY RECAP")[2]
    with open_store(f"sqlite:///{tmp_path}/var/shop/state.db") as store:
        assert store.stacks() == ()
        assert store.journal("shop") == ()


@pytest.mark.parametrize("playbook", ["converge", "start", "deploy", "scale"])
def test_a_broken_file_stops_every_playbook_with_all_of_its_mistakes(tmp_path, playbook):
    source = write(tmp_path, layers={"web": {"drian": True}}, timezone="Vienna")
    done = ansible(tmp_path, "playbook", f"stackward.ops.{playbook}", "-i", str(source))
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "drian" in said
    assert "Vienna" in said
    assert "Traceback" not in said
    assert not (tmp_path / "var").exists()


def test_without_a_stack_the_playbooks_say_what_to_give(tmp_path):
    done = ansible(tmp_path, "playbook", "stackward.ops.converge", "-i", "localhost,")
    assert done.returncode != 0
    assert "-i inventory/shop.stack.yml" in done.stdout


def test_a_role_that_does_not_exist_is_found_before_anything_is_touched(tmp_path):
    source = write(tmp_path, layers={"web": {"recipes": {"setup": ["no_such_role"]}}, "db": {}})
    done = ansible(tmp_path, "playbook", "stackward.ops.start", "-i", str(source))
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert 'layers.web.recipes.setup[0]: there is no role "no_such_role"' in said
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("playbook", ["stop", "update"])
def test_a_limit_that_keeps_the_engine_from_deciding_fails_the_run(tmp_path, playbook):
    source = write(tmp_path)
    done = ansible(tmp_path, "playbook", "-i", str(source), f"stackward.ops.{playbook}", "--limit", "web1")
    assert done.returncode == 1
    assert "Nothing was done: --limit web1 leaves out localhost" in " ".join(done.stderr.split())
    assert "-e instance=" in done.stderr


@pytest.mark.parametrize(
    "options", [("--tags", "packages"), ("--skip-tags", "all"), ("--start-at-task", "Install")], ids=" ".join
)
def test_tags_and_tasks_that_keep_the_engine_from_deciding_fail_the_run_as_well(tmp_path, options):
    source = write(tmp_path)
    done = ansible(tmp_path, "playbook", "-i", str(source), "stackward.ops.stop", *options)
    assert done.returncode == 1
    assert f"Nothing was done: {' '.join(options)} leaves out all tasks" in " ".join(done.stderr.split())


@pytest.mark.parametrize("playbook", ["configure", "converge", "scale"])
def test_a_limit_with_the_engine_but_without_some_instances_does_nothing_by_halves(tmp_path, playbook):
    source = write(tmp_path)
    done = ansible(tmp_path, "playbook", "-i", str(source), f"stackward.ops.{playbook}", "--limit", "web1,localhost")
    assert done.returncode != 0
    assert "--limit web1,localhost is not for the playbooks of stackward.ops" in " ".join(done.stdout.split())


def test_a_limit_that_leaves_out_nobody_is_as_good_as_none(tmp_path):
    source = write(tmp_path)
    done = ansible(tmp_path, "playbook", "-i", str(source), "stackward.ops.converge", "--limit", "all,localhost")
    assert done.returncode == 0, done.stdout


def test_a_limit_on_a_playbook_of_the_users_own_is_none_of_our_business(tmp_path):
    source = write(tmp_path)
    (tmp_path / "own.yml").write_text("- {name: Mine, hosts: web2, gather_facts: false, tasks: []}\n")
    done = ansible(tmp_path, "playbook", "-i", str(source), "own.yml", "--limit", "web1")
    assert done.returncode == 0
    assert "Nothing was done" not in done.stderr
