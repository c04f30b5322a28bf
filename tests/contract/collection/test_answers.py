"""What somebody answers who is asked by a survey, as in AWX: blanks, lists, lines; an inventory that is a program."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from tests.contract.collection.test_inventory import REPOSITORY, ansible, put_online, write

pytestmark = pytest.mark.ansible


@pytest.fixture
def source(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "page").write_text("one\n")
    app = {"layers": ["web"], "source": {"type": "directory", "path": str(tmp_path / "code")}}
    found = write(tmp_path, apps={"site": app})
    put_online(tmp_path, "web1", "192.0.2.7")
    put_online(tmp_path, "web2", "192.0.2.8")
    return found


def asked(folder: Path, source: Path, playbook: str, **answers: object):
    arguments = ("--check", "-i", str(source), "-e", json.dumps(answers))
    done = ansible(folder, "playbook", f"stackward.ops.{playbook}", *arguments)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


BLANK = {"reason": ""}


def test_a_deploy_of_all_stacks_leaves_alone_those_that_have_no_app(tmp_path, source):
    write(tmp_path, name="blog", instances={"blog1": {"layers": ["web"]}, "blogdb": {"layers": ["db"]}})
    code, said = asked(tmp_path, source.parent, "deploy", layer="web")
    assert code in (0, 4), said
    assert "shop: web1: deploy" in said
    code, said = asked(tmp_path, source.parent, "deploy", stack="blog")
    assert code == 2
    assert "Stack blog has no app" in said


@pytest.mark.parametrize("instance", [" web1 ", "web1, web2", "web1\nweb2\n", ["web1"]], ids=repr)
def test_instances_are_named_in_a_line_in_lines_or_as_a_list(tmp_path, source, instance):
    _code, said = asked(tmp_path, source, "stop", **BLANK, force="", instance=instance)
    assert "shop: web1: stop" in said
    assert ("shop: web2: stop" in said) is ("web2" in instance)


@pytest.mark.parametrize(
    ("playbook", "answers"),
    [
        ("stop", {"instance": "", "stack": "shop"}),
        ("stop", {"layer": []}),
        ("converge", {"instance": []}),
        ("scale", {"layer": " "}),
        ("update", {"instance": ""}),
    ],
)
def test_a_blank_where_instances_are_named_does_not_mean_all_of_them(tmp_path, source, playbook, answers):
    code, said = asked(tmp_path, source, playbook, **answers)
    assert code != 0
    assert f"{next(iter(answers))} is given and names nothing; leave it out to mean all" in said
    assert "shop: web1: stop" not in said


def test_other_answers_that_are_left_blank_are_as_if_not_asked(tmp_path, source):
    code, said = asked(tmp_path, source, "stop", **BLANK, force="", allow_destroy="", layer="web")
    assert code == 0, said
    assert "shop: web2: stop" in said
    code, said = asked(tmp_path, source, "run_recipes", **BLANK, attributes="", instance="web1", recipes="")
    assert code != 0
    assert "Name the recipes to run" in said


def test_a_program_that_prints_the_inventory_is_taken_by_the_settings_of_a_project(tmp_path, source):
    taken = ansible(tmp_path, "inventory", "-i", str(source), "--list", "--export").stdout
    program = tmp_path / "hosts"
    program.write_text(f"#!/usr/bin/env python3\nprint({taken!r})\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    settings = tmp_path / "ansible.cfg"
    settings.write_text((REPOSITORY / "ansible.cfg").read_text())
    done = ansible(tmp_path, "inventory", "-i", str(program), "--list", ANSIBLE_INVENTORY_ENABLED=None)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["shop"]["hosts"]) == {"web1", "web2", "db1"}


@pytest.mark.parametrize("known", [["web1", "web2", "db1"], ["db1"]])
def test_an_inventory_of_before_its_machines_is_made_up_for(tmp_path, known):
    """A job has an inventory that was taken before: without the addresses of now, or in slices without some hosts."""
    source = write(tmp_path)
    taken = json.loads(ansible(tmp_path, "inventory", "-i", str(source), "--list", "--export").stdout)
    for group in taken.values():
        group["hosts"] = [name for name in group.get("hosts", []) if name in known]
    put_online(tmp_path, "web1", "127.0.0.7", 2222)
    program = tmp_path / "hosts"
    program.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(taken)!r})\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    arguments = ("stackward.ops.configure", "--check", "-i", str(program), "-e", "instance=web1")
    done = ansible(tmp_path, "playbook", *arguments, ANSIBLE_INVENTORY_ENABLED="script")
    assert "connect to host 127.0.0.7 port 2222: Connection refused" in " ".join(done.stdout.split())
