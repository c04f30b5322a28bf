"""With a mistake in the stack file, what only looks shows the stack by the file that the last run took up."""

import json
import time
from datetime import UTC, datetime

import pytest

LOOKS = ("status", "describe web1", "why web1", "events", "logs", "deployments", "incident", "metrics")

BROKEN = {
    "no such layer": lambda text: text.replace("layers: [lb]", "layers: [lp]"),
    "a key that is not known": lambda text: f"{text}colour: red\n",
    "a tab": lambda text: text.replace("  web:", "\tweb:"),
    "both sides of a merge": lambda text: text.replace(
        "  db: {}\n", "<<<<<<< HEAD\n  db: {}\n=======\n  db: {drain: false}\n>>>>>>> more\n"
    ),
    "a folder for data beside it": lambda text: f"data: ../var/shop\n{text}colour: red\n",
}

CHANGES = ("plan", "converge", "start --instance web1", "deploy", "hold web1 --why disk", "pause healing --why disk")


@pytest.fixture
def file(project):
    return project / "inventory" / "shop.stack.yml"


@pytest.fixture
def taken_up(told, stack, file):
    """The story, with a run that has taken up the stack file as it is."""
    with told.transaction("shop") as write:
        write.remember_definition(stack.digest, file.read_text(), datetime.now(UTC))
        write.adopt_definition(stack.digest, "start#1 on ctl", datetime.now(UTC))
    return told


@pytest.mark.parametrize("command", LOOKS)
def test_what_only_looks_shows_the_stack_after_all_mistakes(stackward, taken_up, file, command):
    whole = stackward(*command.split(), "--output", "json").json
    file.write_text(BROKEN["no such layer"](file.read_text()))
    ran = stackward(*command.split(), "--output", "json")
    assert ran.code == 1
    assert type(ran.json) is type(whole)
    assert len(ran.json) == len(whole)
    assert ran.err.startswith(stackward("validate").err)
    note = ran.err.splitlines()[-1]
    assert note.startswith("shop is shown by its stack file as the last run took it up")


@pytest.mark.parametrize("broken", BROKEN)
def test_whatever_is_wrong_in_the_file_the_stack_is_shown(stackward, taken_up, file, broken):
    file.write_text(BROKEN[broken](file.read_text()))
    ran = stackward("status")
    assert ran.code == 1
    assert ran.err.startswith(stackward("validate").err)
    assert "web3" in ran.out


def test_the_status_says_that_it_is_not_by_the_file_as_it_is(stackward, taken_up, file):
    assert stackward("status", "-o", "json").json["stacks"][0]["mistakes"] == []
    file.write_text(BROKEN["no such layer"](file.read_text()))
    out = stackward("status").out
    assert "its stack file has mistakes" in out
    assert "web3" in out
    found = stackward("status", "-o", "json").json["stacks"][0]
    assert "there is no layer" in found["mistakes"][-1]
    assert found["counts"]["online"] == 2


@pytest.mark.parametrize("command", CHANGES)
def test_what_decides_or_changes_anything_refuses(stackward, taken_up, file, command):
    file.write_text(BROKEN["no such layer"](file.read_text()))
    before = taken_up.snapshot("shop")
    ran = stackward(*command.split())
    assert (ran.code, ran.out) == (1, "")
    assert "there is no layer" in ran.err
    assert taken_up.snapshot("shop") == before


def test_a_role_that_is_gone_is_a_mistake_that_the_stack_is_shown_with(stackward, taken_up, project):
    (project / "roles" / "hardening").rmdir()
    ran = stackward("status")
    assert ran.code == 1
    assert "hardening" in ran.err
    assert "web3" in ran.out


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text.replace("name: shop", "name: [shop]"),
        lambda text: f"state: nowhere\n{text}",
        lambda text: f"state: sqlite:///../var/other.db\n{text}colour: red\n",
        lambda text: text.replace("name: shop", "name: shop\nname: shops"),
        lambda text: text.replace("name: shop", "<<<<<<< HEAD\nname: shop\n=======\nname: shops\n>>>>>>> more"),
        lambda _text: "",
    ],
    ids=["name", "state", "another state", "two names", "two names of a merge", "nothing"],
)
def test_a_file_that_does_not_say_where_its_state_is_is_refused(stackward, taken_up, file, broken):
    file.write_text(broken(file.read_text()))
    ran = stackward("status")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == stackward("validate").err


def test_a_stack_that_no_run_has_taken_up_is_refused(stackward, told, file):
    file.write_text(BROKEN["no such layer"](file.read_text()))
    ran = stackward("status")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == stackward("validate").err


def test_no_state_is_made(stackward, project, file):
    file.write_text(BROKEN["no such layer"](file.read_text()))
    assert stackward("status").code == 1
    assert not (project / "var").exists()


def test_the_other_stacks_of_the_folder_are_shown_too(stackward, taken_up, file):
    other = file.with_name("test.stack.yml")
    renamed = file.read_text().replace("name: shop", "name: test")
    other.write_text(renamed.replace("web[", "other[").replace("1: {", "9: {"))
    file.write_text(BROKEN["no such layer"](file.read_text()))
    ran = stackward("status", "-o", "json")
    assert ran.code == 1
    assert [bool(item["mistakes"]) for item in ran.json["stacks"]] == [True, False]
    assert stackward("status", "--stack", "test").code == 0
    assert stackward("status", "--stack", "shop", "-o", "json").json["stacks"][0]["mistakes"]
    file.write_text("")
    ran = stackward("status", "-o", "json")
    assert ran.code == 1
    assert [item["name"] for item in ran.json["stacks"]] == ["test"]
    assert "shop.stack.yml:1:" in ran.err


def test_an_incident_is_not_replayed_with_a_file_that_has_mistakes(stackward, taken_up, file, tmp_path):
    file.write_text(BROKEN["no such layer"](file.read_text()))
    ran = stackward("incident", "--replay", str(tmp_path / "incident.json"))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == stackward("validate").err


def test_the_screen_that_stays_shows_the_mistakes_until_they_are_mended(stackward, taken_up, file, monkeypatch):
    whole = file.read_text()
    acts = []

    def instead_of_waiting(_seconds):
        if not acts:
            raise KeyboardInterrupt
        acts.pop(0)()

    monkeypatch.setattr(time, "sleep", instead_of_waiting)
    file.write_text(BROKEN["no such layer"](whole))
    out = stackward("status", "--watch").out
    assert "web3" in out
    assert "there is no layer" in " ".join(out.split())
    acts.append(lambda: file.write_text(whole))
    out = stackward("status", "--watch").out
    assert "web3" in out
    assert "there is no layer" not in " ".join(out.split())


def test_while_the_file_has_mistakes_the_screen_that_stays_goes_on_looking(stackward, taken_up, file, monkeypatch):
    lines = []

    def instead_of_waiting(_seconds):
        lines.append(None)
        if len(lines) == 1:
            file.write_text(BROKEN["no such layer"](file.read_text()))
            with taken_up.transaction("shop") as write:
                write.bump_generation("somebody else", "ben", datetime.now(UTC))
        else:
            raise KeyboardInterrupt

    before = taken_up.snapshot("shop").generation
    monkeypatch.setattr(time, "sleep", instead_of_waiting)
    assert f"generation {before + 1}" in stackward("status", "--watch").out


def test_each_line_of_json_says_it(stackward, taken_up, file, monkeypatch):
    file.write_text(BROKEN["no such layer"](file.read_text()))

    def instead_of_waiting(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", instead_of_waiting)
    (line,) = stackward("status", "--watch", "-o", "json").out.splitlines()
    assert json.loads(line)["stacks"][0]["mistakes"]
