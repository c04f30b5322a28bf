"""The status screen that stays."""

import json
import time

import pytest


@pytest.fixture
def looks(monkeypatch):
    """Acts between two looks; Ctrl-C comes after the last one."""

    def follow(*acts):
        remaining = list(acts)

        def instead_of_waiting(_seconds):
            if not remaining:
                raise KeyboardInterrupt
            remaining.pop(0)()

        monkeypatch.setattr(time, "sleep", instead_of_waiting)

    return follow


def test_ctrl_c_is_the_way_out(stackward, told, looks):
    looks()
    ran = stackward("status", "--watch")
    assert (ran.code, ran.err) == (0, "")
    assert "web3" in ran.out
    assert "Ctrl-C ends" in ran.out


def test_an_edited_stack_file_is_read_again(stackward, told, looks, project):
    file = project / "inventory" / "shop.stack.yml"
    looks(lambda: file.write_text(file.read_text().replace('"web[1:3]"', '"web[1:4]"')))
    assert "web4" in stackward("status", "-w").out


def test_a_file_that_is_broken_for_a_moment_is_told_beside_the_last_status(stackward, told, looks, project):
    file = project / "inventory" / "shop.stack.yml"
    looks(lambda: file.write_text(file.read_text().replace("layers: [lb]", "layers: [lp]")))
    ran = stackward("status", "-w")
    assert ran.code == 0
    assert "web3" in ran.out
    assert "there is no layer" in " ".join(ran.out.split())


def test_json_is_one_object_a_look(stackward, told, looks):
    looks(lambda: None, lambda: None)
    lines = stackward("status", "-w", "-o", "json").out.splitlines()
    assert [json.loads(line)["stacks"][0]["name"] for line in lines] == ["shop"] * 3
