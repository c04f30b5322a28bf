"""A state that cannot be read is told apart from one that is not there yet."""

import os

import pytest


@pytest.fixture
def place(tmp_path, monkeypatch):
    file = tmp_path / "places" / "state.db"
    file.parent.mkdir()
    monkeypatch.setenv("STACKWARD_STATE", f"sqlite:///{file}")
    return file


@pytest.mark.parametrize("command", ["status", "plan", "events", "why web1", "incident", "metrics"])
def test_where_nothing_has_ever_run_that_is_said_and_no_file_is_made(stackward, project, place, command):
    assert stackward(*command.split()).code in (0, 2)
    assert not place.exists()


@pytest.mark.parametrize("command", ["status", "plan", "events", "why web1", "incident", "metrics"])
@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda file: file.mkdir(), "is no file"),
        (lambda file: file.symlink_to(file.parent / "gone.db"), "gone.db, and nothing is there"),
        (os.mkfifo, "is no file"),
        (lambda file: file.symlink_to(file), "Too many levels of symbolic links"),
        (lambda file: file.write_text("no database"), "is not a database"),
    ],
    ids=["folder", "link to nothing", "pipe", "link to itself", "text"],
)
def test_whatever_is_in_its_place_is_no_stack_that_is_stopped(stackward, project, place, command, made, said):
    made(place)
    ran = stackward(*command.split(), columns=400)
    assert ran.code == 1
    assert said in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("command", ["status", "plan", "stop", "status --stack shop", "stop --stack shop"])
def test_two_files_of_a_stack_of_one_name_are_refused(stackward, project, command):
    """Each would take the other's instances for those that have left the file."""
    file = project / "inventory" / "shop.stack.yml"
    (project / "inventory" / "test.stack.yml").write_text(file.read_text().replace("web[", "other["))
    ran = stackward(*command.split(), columns=400)
    assert ran.code == 1
    assert f"test.stack.yml: name: {file} is the file of a stack shop" in ran.err
